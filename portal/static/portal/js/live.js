// What /live/ brings to a page that somebody reads: it stays where they are, and out of what they do.
// A part that they press, write in or have the focus of waits until they have left it; what is under the
// pointer stays under it. Nothing here decides anything; without it each part is simply swapped.
"use strict";
(() => {
  const PRESSED = "a, button, summary, label, input, select, textarea";
  const KEPT = `${PRESSED}, tr, li`;
  const { say } = window.portal;
  const waiting = new Map(); // the id of a part: what is to stand there as soon as it is left
  let polled = false;
  let anchor = null;
  let pointer = null;

  document.addEventListener("pointermove", (event) => {
    pointer = event.pointerType === "mouse" ? [event.clientX, event.clientY] : null;
    if (waiting.size) leave();
  });
  document.documentElement.addEventListener("pointerleave", () => (pointer = null));
  const under = () => pointer && document.elementFromPoint(...pointer);

  // --- What somebody has written or chosen and not sent.
  const fields = (part) => [...part.querySelectorAll("textarea, select, input:not([type='hidden'])")];
  const written = (field) => {
    if (field.matches("select")) return [...field.options].some((one) => one.selected !== one.defaultSelected);
    if (field.matches("[type='checkbox'], [type='radio']")) return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  };

  const heldBy = (part, fresh) => {
    if (fields(part).some(written)) return true;
    const pressed = under()?.closest(PRESSED);
    if (pressed && part.contains(pressed)) return true;
    const focused = document.activeElement;
    if (!focused || focused === part || !part.contains(focused)) return false;
    // Whatever comes back under its id has the focus again (htmx sees to it); a field keeps its caret.
    return Boolean(focused.closest("form")) || !focused.id || !fresh.querySelector(`[id='${CSS.escape(focused.id)}']`);
  };

  const tell = (part, fresh) => {
    const words = fresh.textContent.replace(/\s+/g, " ").trim();
    if (fresh.dataset.spoken && words !== part.textContent.replace(/\s+/g, " ").trim())
      say(`${fresh.dataset.spoken}: ${words}`);
  };

  // --- What has waited is put in its place.
  const put = (part, fresh) => {
    waiting.delete(part.id);
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.replaceWith(fresh);
    window.htmx.process(fresh);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    tell(part, fresh);
  };
  const leave = () => {
    for (const [id, fresh] of waiting) {
      const part = document.getElementById(id);
      if (!part) waiting.delete(id);
      else if (!heldBy(part, fresh)) put(part, fresh);
    }
  };
  document.addEventListener("focusout", () => waiting.size && setTimeout(leave, 0));
  document.addEventListener("input", () => waiting.size && setTimeout(leave, 0));

  // "This has changed. Show": what was written goes along, into the same field or into the comment.
  document.addEventListener("click", (event) => {
    const part = event.target.closest("[data-show]") && [...waiting.keys()].map((id) => document.getElementById(id)).find((one) => one?.contains(event.target));
    if (!part) return;
    event.preventDefault();
    const fresh = waiting.get(part.id);
    for (const field of fields(part).filter(written)) {
      const same = fresh.querySelector(`[name='${CSS.escape(field.name)}']:not([type='radio'], [type='checkbox'])`);
      const other = ["comment", "question"].includes(field.name) ? document.getElementById("comment-text") : null;
      if (same) same.value = field.value;
      else if (other && !other.value.trim()) other.value = field.value;
    }
    put(part, fresh);
    fresh.focus();
  });

  // --- One poll.
  const topOf = (node) => node.getBoundingClientRect().top;
  document.addEventListener("htmx:beforeSwap", (event) => {
    polled = Boolean(event.detail.requestConfig?.elt?.matches("[data-live]") && event.detail.shouldSwap);
    const focused = document.activeElement;
    const pointed = under();
    const kept = focused?.matches("textarea, select, input") ? focused : (pointed?.closest(KEPT) ?? pointed);
    // A part that is replaced takes what is pointed at with it: then the part itself stays where it was.
    const named = kept?.closest("[id]");
    anchor = polled && kept ? { node: kept, top: topOf(kept), id: named?.id, namedTop: named && topOf(named) } : null;
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (!polled) return;
    const { target, fragment } = event.detail;
    const fresh = fragment.firstElementChild;
    if (!fresh || target.id !== fresh.id) return;
    for (const open of target.querySelectorAll("details[id][open]")) {
      const same = fresh.querySelector(`details[id='${CSS.escape(open.id)}']`);
      if (same) same.open = true;
    }
    waiting.delete(target.id);
    if (fresh.isEqualNode(target)) {
      event.detail.shouldSwap = false;
    } else if (heldBy(target, fresh)) {
      event.detail.shouldSwap = false;
      waiting.set(target.id, fresh);
      const note = target.querySelector("[data-show]")?.parentElement;
      if (note?.hidden) {
        note.hidden = false;
        say(note.firstElementChild.textContent);
      }
    } else {
      tell(target, fresh);
    }
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!polled) return;
    polled = false;
    const still = anchor?.node.isConnected;
    const node = still ? anchor.node : anchor?.id && document.getElementById(anchor.id);
    const main = document.getElementById("main");
    main.style.border = ""; // what the poll before had to make room for
    const moved = () => (node ? topOf(node) - (still ? anchor.top : anchor.namedTop) : 0);
    const scroll = () => window.scrollBy({ top: moved(), behavior: "instant" });
    if (moved()) scroll();
    // Where the page ends, it cannot be scrolled so far: then there is room for it until the next poll.
    const rest = Math.round(moved());
    if (!rest) return;
    main.style[rest < 0 ? "borderTop" : "borderBottom"] = `${Math.abs(rest)}px solid transparent`;
    if (rest > 0) scroll();
  });
})();
