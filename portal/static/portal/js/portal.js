// What every page needs: focus and words after a swap, the live tick, counters, menus, keys, the clock.
// Nothing here decides anything; without it each page still works. The other scripts have from it, as
// `window.portal`, what they would else have twice.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const say = (text) => {
    const region = document.getElementById("live");
    if (region && text) region.textContent = text;
  };

  // --- After a swap: focus the first wrong field, or what the fragment marks; say its sentence.
  const arrive = (root) => {
    const wrong = root.querySelector("[aria-invalid='true']:not([type='hidden'])");
    const target = wrong || root.querySelector("[data-focus]");
    if (target) target.focus();
  };
  const speak = (root) => {
    const spoken = root.matches?.("[data-say]") ? root : root.querySelector("[data-say]");
    if (spoken) say(spoken.dataset.say || spoken.textContent.trim());
  };
  // On a phone one decides in a step of its own, open while the address names it (activity.css): a reason
  // that was refused goes on doing so, and the keys begin at the form.
  const restep = (root) => {
    const refused = root.matches?.("#decide") && root.querySelector(".error-summary");
    const field = location.hash && document.getElementById(location.hash.slice(1));
    if (refused && field && root.contains(field)) location.replace(location.hash);
  };
  window.addEventListener("hashchange", () => {
    if (location.hash === "#activity-bar") document.getElementById("decide")?.focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { requestConfig, target } = event.detail;
    if (requestConfig?.elt?.matches("[data-live]")) return;
    const root = target.isConnected ? target : event.target; // an outerHTML swap puts another in its place
    restep(root);
    arrive(root);
    speak(root);
  });

  // --- Counters: one answer header, HX-Trigger: {"counts": {"waiting": 3}}, moves all of them.
  const retitle = () => {
    const badge = document.querySelector("[data-count='waiting']");
    if (!badge) return;
    const number = badge.hidden ? "" : `(${badge.firstChild?.textContent.trim()}) `;
    document.title = number + document.title.replace(/^\(\d+\+?\) /, "");
  };
  const counted = (counts) => {
    for (const [name, number] of Object.entries(counts || {}))
      for (const badge of all(`[data-count='${CSS.escape(name)}']`)) {
        badge.hidden = !number;
        const text = number > 99 ? "99+" : String(number);
        if (badge.firstChild?.nodeType === Node.TEXT_NODE) badge.firstChild.data = text;
        else badge.prepend(text);
      }
    retitle();
  };
  document.addEventListener("counts", (event) => counted(event.detail));

  // --- The live tick: [data-live] (seconds, 10 when empty) asks on "live:tick".
  let failures = 0;
  let timer = 0;
  let typedAt = 0;
  const source = () => document.querySelector("[data-live]");
  const busy = () =>
    document.hidden || document.querySelector("dialog[open], .menu[open]:not(.bell)") || Date.now() - typedAt < 3000;
  const plan = () => {
    clearTimeout(timer);
    if (!source()) return;
    const pause = (Number(source().dataset.live) || 10) * 2 ** Math.min(failures, 10);
    timer = setTimeout(tick, Math.min(pause, 120) * 1000);
  };
  const ask = () => source()?.dispatchEvent(new CustomEvent("live:tick", { bubbles: true }));
  const tick = () => {
    if (!busy()) ask();
    plan();
  };
  const notLive = (words) => {
    const state = document.getElementById("live-state");
    if (!state || state.textContent === words) return;
    state.textContent = words;
    state.hidden = !words;
  };
  const settled = (event) => {
    if (!event.detail.elt?.matches("[data-live]")) return;
    const status = event.detail.xhr?.status || 0;
    // Whoever signs in again, in another tab, is not kept waiting.
    failures = status && status < 400 ? 0 : status === 401 ? 1 : failures + 1;
    const unheard = () => document.dispatchEvent(new CustomEvent("portal:signed-out", { cancelable: true }));
    if (status === 401) notLive(unheard() ? "You are signed out. Reload this page to sign in again." : "");
    else if (status === 412) notLive("Somebody else is signed in now. Reload this page.");
    else notLive(failures >= 3 ? "Not live, retrying" : "");
    plan();
  };
  document.addEventListener("htmx:afterRequest", settled);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
  document.addEventListener("input", () => (typedAt = Date.now()));
  // What one has just done oneself shows at once, typing or not; once, however many say so.
  let asking = 0;
  document.addEventListener("approvals:changed", () => {
    clearTimeout(asking);
    asking = setTimeout(ask, 100);
  });

  // --- Where one is, after a fragment has changed the address.
  const here = () => {
    for (const link of all(".nav-link, .bottom-tab")) {
      const path = new URL(link.href).pathname;
      const current = location.pathname === path || (link.dataset.within && location.pathname.startsWith(path));
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
  document.addEventListener("htmx:pushedIntoHistory", here);

  // --- Menus close on Escape, on a press elsewhere, and when another opens.
  const closeMenus = (except) => {
    for (const menu of all("details.menu[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    const opener = event.target.closest("[data-opens]");
    if (opener) document.querySelector(opener.dataset.opens)?.showModal?.();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => say("Copied."));
  });

  // --- Keys: data-key="a" presses the element; data-key-do="focus" only goes there.
  const keysOff = () => {
    try {
      return localStorage.getItem("singleKeys") === "off";
    } catch {
      return false;
    }
  };
  const typing = (node) => node.closest("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const menu = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && menu) {
      closeMenus();
      menu.querySelector("summary").focus();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (event.key !== "Escape" && (typing(event.target) || keysOff())) return;
    const target = all(`[data-key='${CSS.escape(event.key)}']`).find((node) => node.checkVisibility());
    if (!target) return;
    event.preventDefault();
    if (target.dataset.keyDo === "focus") target.focus();
    else target.click();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-single-keys]")) return;
    try {
      localStorage.setItem("singleKeys", event.target.checked ? "on" : "off");
    } catch {
      say("This browser keeps no settings.");
    }
  });

  // --- The server's clock. The administration has the marks of a page in a <meta>, not at its root.
  const server = Date.parse(document.querySelector("[data-now]")?.dataset.now || "") || Date.now();
  const offset = server - Date.now();

  // --- How much has been written: <span class="input-count" data-for="id_comment" data-min="20">.
  const counting = (field) => {
    const count = field.id && document.querySelector(`.input-count[data-for='${CSS.escape(field.id)}']`);
    if (!count) return;
    const { min, max } = count.dataset;
    const length = field.value.trim().length;
    if (min && length < Number(min)) count.textContent = `${length} of at least ${min} characters`;
    else count.textContent = max ? `${length} of at most ${max} characters` : `${length} characters`;
  };
  document.addEventListener("input", (event) => counting(event.target));

  window.portal = { say, keysOff, typing, now: () => Date.now() + offset };

  // The tab that is open stands where it is seen, in a strip that is wider than the screen.
  const showTab = () => {
    for (const strip of all(".tabs")) {
      const tab = strip.querySelector("[aria-current]");
      if (tab) strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
    }
  };

  const start = () => {
    showTab();
    for (const box of all("[data-single-keys]")) box.checked = !keysOff();
    for (const field of all("textarea, input")) counting(field);
    const summary = document.querySelector(".error-summary");
    if (summary) arrive(document.getElementById("main") || document.body);
    setTimeout(() => speak(document.getElementById("main") || document.body), 150);
    retitle();
    plan();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
