// The inbox by keyboard, and the record beside the list. Without it a row leads to its own page.
"use strict";
(() => {
  const { keysOff, typing } = window.portal;
  const pane = document.getElementById("pane");
  const wide = window.matchMedia("(min-width: 1180px)");
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const rowOf = (reference) => rows().find((row) => row.dataset.row === reference);
  const titleOf = (row) => row.querySelector("[data-open]") || row.querySelector("[tabindex]");
  let here = null; // the reference of the row where the keys are

  const mark = (name, reference) => {
    for (const row of rows()) row.classList.toggle(name, row.dataset.row === reference);
  };

  // --- The record beside the list
  const addressOf = (reference) => {
    const address = new URL(location.href);
    if (reference) address.searchParams.set("open", reference);
    else address.searchParams.delete("open");
    return address;
  };
  const opened = () => new URL(location.href).searchParams.get("open");
  const show = (reference) => {
    mark("inbox-row--current", reference);
    const address = addressOf(reference);
    const asked = window.htmx.ajax("GET", address.pathname + address.search, { target: "#pane", swap: "innerHTML" });
    return asked.catch(() => {}); // what went wrong stands in the pane by then
  };
  const open = (reference) => {
    here = reference;
    mark("inbox-row--here", reference);
    if (opened() !== reference) history.pushState({ open: reference }, "", addressOf(reference));
    show(reference);
  };
  const close = () => {
    if (!opened()) return;
    history.pushState({}, "", addressOf(null));
    show(null).then(() => titleOf(rowOf(here) || document)?.focus());
  };
  window.addEventListener("popstate", () => wide.matches && show(opened()));

  const plain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);
  const snooze = (link) => {
    const dialog = document.getElementById("snooze-dialog");
    const next = encodeURIComponent(location.pathname + location.search);
    dialog.replaceChildren();
    window.htmx
      .ajax("GET", `${link.getAttribute("href")}?next=${next}`, { source: link, target: dialog, swap: "innerHTML" })
      .then(() => dialog.childElementCount && !dialog.open && dialog.showModal())
      .catch(() => {});
  };
  // With the record that is open still beside it.
  const showNew = (link) => {
    const address = new URL(link.href);
    if (opened()) address.searchParams.set("open", opened());
    location.assign(address);
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("dialog [data-closes]")) event.preventDefault();
    if (event.defaultPrevented || !plain(event) || !window.htmx) return;
    const link = event.target.closest("[data-open], [data-snooze], [data-close-pane], [data-show-new]");
    if (!link) return;
    if (link.matches("[data-snooze]")) snooze(link);
    else if (link.matches("[data-show-new]")) showNew(link);
    else if (!wide.matches) return;
    else if (link.matches("[data-close-pane]")) close();
    else open(link.dataset.open);
    event.preventDefault();
  });

  // --- A row that is swapped while the keys are in it keeps them: at the same place, else at its title.
  let left = null;
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const row = event.detail.target.closest?.("[data-row]");
    if (row?.contains(document.activeElement)) left = { row: row.dataset.row, id: document.activeElement.id };
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    if (!left || document.activeElement !== document.body) return;
    const place = (left.id && document.getElementById(left.id)) || titleOf(rowOf(left.row) || document);
    place?.focus({ preventScroll: true });
    left = null;
  });

  // --- A row that has ended keeps its height, so that those below it stay where they are.
  const heights = new Map();
  const keepHeights = () => {
    for (const [id, height] of heights) {
      const row = document.getElementById(id);
      if (row?.matches("[data-done]")) row.style.minHeight = `${height}px`;
    }
  };
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target } = event.detail;
    if (target.matches("[data-row]")) heights.set(target.id, target.getBoundingClientRect().height);
  });
  document.addEventListener("htmx:oobAfterSwap", keepHeights);
  document.addEventListener("htmx:afterSettle", keepHeights); // htmx has put its attributes back by then

  // --- After a decision: its sentence, and at once the next one for those who want it so.
  const pressed = (path) => {
    const number = path.match(/^\/inbox\/(\d+)\/press\/$/)?.[1];
    const words = number && document.querySelector(`#row-${number} [data-say]`);
    if (!words) return;
    words.focus();
    window.portal.say(words.dataset.say);
  };
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const goOn = (path) => {
    const isDone = /^\/activities\/\d+\/decide\/$/.test(path) && pane.querySelector("#result");
    const next = isDone && kept("openNext") === "on" && wide.matches && nextWaiting();
    if (next) open(next.dataset.row);
  };
  document.addEventListener("htmx:afterRequest", (event) => {
    setTimeout(() => {
      mark("inbox-row--current", opened());
      mark("inbox-row--here", here);
      pressed(event.detail.pathInfo?.requestPath || "");
      goOn(event.detail.pathInfo?.requestPath || "");
    }, 30);
  });

  // --- Keys
  const go = (step) => {
    const every = rows();
    const at = every.findIndex((row) => row.dataset.row === here);
    const next = every[at < 0 ? 0 : Math.min(Math.max(at + step, 0), every.length - 1)];
    if (!next) return;
    here = next.dataset.row;
    mark("inbox-row--here", here);
    titleOf(next)?.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const nextWaiting = () => {
    const every = rows();
    const at = every.findIndex((row) => row.dataset.row === (opened() || here));
    const following = [...every.slice(at + 1), ...every.slice(0, Math.max(at, 0))];
    return following.find((row) => !row.matches("[data-done]"));
  };
  const focus = (selector) => {
    const found = [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
    found?.focus();
    return Boolean(found);
  };
  const current = () => rowOf(here);
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    a: () => focus("#pane [data-verdict='approve']") || focus(`#${current()?.id || "none"} .inbox-acts .button`),
    r: () => focus("#pane textarea[name='comment']"),
    c: () => focus("#pane textarea[name='text']"),
    z: () => current()?.querySelector("[data-snooze]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open], details.menu[open]")) return;
    if (event.key === "Escape") {
      if (typing(event.target)) event.target.blur();
      else close();
      return;
    }
    if (typing(event.target) || keysOff()) return;
    const decided = event.target.closest("#pane #result, .inbox-row--done");
    if (event.key === "Enter" && decided && !event.target.closest("a, button")) {
      const next = nextWaiting();
      if (!next) return;
      event.preventDefault();
      if (wide.matches) open(next.dataset.row);
      else titleOf(next)?.focus();
      return;
    }
    const act = keys[event.key.toLowerCase()];
    if (!act || event.shiftKey) return;
    event.preventDefault();
    act();
  });

  // --- A setting of this browser
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-open-next]")) return;
    try {
      localStorage.setItem("openNext", event.target.checked ? "on" : "off");
    } catch {
      window.portal.say("This browser keeps no settings.");
    }
  });
  for (const box of document.querySelectorAll("[data-open-next]")) box.checked = kept("openNext") === "on";

  // --- Where the keys begin
  here = opened();
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) here = row.dataset.row;
  });
  if (opened() && wide.matches) mark("inbox-row--current", opened());
})();
