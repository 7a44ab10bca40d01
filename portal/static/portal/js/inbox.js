// The inbox by keyboard, and the record beside the list. Without it a row leads to its own page.
"use strict";
(() => {
  const list = document.getElementById("inbox-list");
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
    return window.htmx.ajax("GET", address.pathname + address.search, { target: "#pane", swap: "innerHTML" });
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
  const snooze = (address) => {
    const dialog = document.getElementById("snooze-dialog");
    const next = encodeURIComponent(location.pathname + location.search);
    window.htmx
      .ajax("GET", `${address}?next=${next}`, { target: dialog, swap: "innerHTML" })
      .then(() => dialog.open || dialog.showModal());
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("dialog [data-closes]")) event.preventDefault();
    if (event.defaultPrevented || !plain(event) || !window.htmx) return;
    const link = event.target.closest("[data-open], [data-snooze], [data-close-pane], [data-reload]");
    if (!link) return;
    if (link.matches("[data-snooze]")) snooze(link.getAttribute("href"));
    else if (link.matches("[data-reload]")) location.reload();
    else if (!wide.matches) return;
    else if (link.matches("[data-close-pane]")) close();
    else open(link.dataset.open);
    event.preventDefault();
  });

  // --- After a decision the rows are asked for at once, typing or not.
  document.addEventListener("approvals:changed", () => {
    const source = document.getElementById("live-source");
    if (source) setTimeout(() => source.dispatchEvent(new CustomEvent("live:tick", { bubbles: true })), 150);
  });
  const pressed = (path) => {
    const number = path.match(/^\/inbox\/(\d+)\/press\/$/)?.[1];
    const words = number && document.querySelector(`#row-${number} [data-say]`);
    if (!words) return;
    words.focus();
    document.getElementById("live").textContent = words.dataset.say;
  };
  document.addEventListener("htmx:afterRequest", (event) => {
    setTimeout(() => {
      mark("inbox-row--current", opened());
      mark("inbox-row--here", here);
      pressed(event.detail.pathInfo?.requestPath || "");
    }, 30);
  });

  // --- Keys
  const keysOff = () => {
    try {
      return localStorage.getItem("singleKeys") === "off";
    } catch {
      return false;
    }
  };
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
    c: () => pane.querySelector("[data-comment]")?.click(),
    z: () => current()?.querySelector("[data-snooze]")?.click(),
  };
  const typing = (node) => node.closest("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]");
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

  // --- Where the keys begin
  here = opened();
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) here = row.dataset.row;
  });
  if (!list) return;
  if (opened() && wide.matches) mark("inbox-row--current", opened());
})();
