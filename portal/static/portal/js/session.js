// The session and its end: a press that fails says so where it was made, nothing typed is lost, and who
// is about to be signed out is told before. Without this script a form that comes too late comes back.
"use strict";
(() => {
  // The marks of the page: at its root, in the administration in a <meta>.
  const root = document.querySelector("[data-csrf-cookie]") || document.documentElement;
  const portal = window.portal;
  const SIGNED_OUT = "You are signed out. What you typed is still here: sign in in another tab, then press again.";
  const SOMEBODY_ELSE = "Somebody else is signed in now. Reload this page before you go on; copy first what you typed.";
  const UNREACHED = "The server could not be reached. What you typed is still here: press again.";
  const WARN_BEFORE = 120000; // milliseconds
  const LONGEST_TIMER = 2 ** 31 - 1;

  // --- The form's token is that of the newest sign-in, whichever tab it was in.
  const token = () => {
    const name = `${root.dataset.csrfCookie}=`;
    const found = document.cookie.split("; ").find((one) => one.startsWith(name));
    return found ? decodeURIComponent(found.slice(name.length)) : "";
  };
  // With it goes for whom the page was made: the server does nothing of it in anybody else's name.
  const account = root.dataset.account || "";
  const renew = (form) => {
    const field = form.querySelector("input[name='csrfmiddlewaretoken']");
    if (!field || !account) return;
    if (token()) field.value = token();
    let whose = form.querySelector("input[name='_account']");
    if (!whose) {
      whose = document.createElement("input");
      whose.type = "hidden";
      whose.name = "_account";
      form.append(whose);
    }
    whose.value = account;
  };
  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, headers, formData } = event.detail;
    if (!account) return;
    headers["X-Account"] = account;
    if (verb === "get" || !token()) return;
    headers["X-CSRFToken"] = token();
    if (formData.has("csrfmiddlewaretoken")) formData.set("csrfmiddlewaretoken", token());
  });

  // --- What failed is said at the place where it was pressed, and aloud.
  const signInLink = () => {
    const link = document.createElement("a");
    link.href = `/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "Sign in (opens in a new tab)";
    return link;
  };
  const placeOf = (elt, target) => {
    const form = elt?.closest?.("form");
    return elt?.closest?.("[data-row]") || form || target || document.getElementById("main") || document.body;
  };
  const forget = (elt, target) => {
    for (const old of placeOf(elt, target).querySelectorAll(".press-failed")) old.remove();
  };
  const complain = (elt, target, text) => {
    const place = placeOf(elt, target);
    forget(elt, target);
    const note = document.createElement("p");
    note.className = "note note--red press-failed";
    note.setAttribute("role", "alert");
    note.textContent = `${text} `;
    if (text === SIGNED_OUT) note.append(signInLink());
    const button = place.matches("form") && place.querySelector("button[type='submit']:not([hidden])");
    if (button) (button.closest(".cluster") || button).before(note);
    else if (place.matches("[data-row]")) place.append(note);
    else place.prepend(note);
    note.scrollIntoView({ block: "nearest" });
    portal?.say(text);
  };

  // --- Whether one is still signed in, and as whom; asked where there is a doubt, and only then.
  let ends = Date.parse(root.dataset.sessionEnds || "");
  let out = false;
  const now = () => (portal ? portal.now() : Date.now());
  const doubtful = () => out || (ends && now() >= ends);
  const ask = (method = "GET") =>
    fetch("/session/", {
      method,
      cache: "no-store",
      headers: { "X-Account": account, ...(method === "GET" ? {} : { "X-CSRFToken": token() }) },
    }).then(async (answer) => {
      if (answer.status === 401) return SIGNED_OUT;
      if (answer.status === 412) return SOMEBODY_ELSE;
      if (!answer.ok) return UNREACHED;
      const told = await answer.json();
      if (account && told.account !== account) return SOMEBODY_ELSE;
      ends = Date.parse(told.ends);
      out = false;
      watch();
      return "";
    }, () => UNREACHED);

  // --- Before a press: in doubt it waits for the answer, and what was typed stays where it is.
  document.addEventListener("htmx:confirm", (event) => {
    const { elt, target, issueRequest } = event.detail;
    if (elt.matches("[data-live]")) return;
    forget(elt, target);
    if (!doubtful()) return;
    event.preventDefault();
    ask().then((wrong) => (wrong ? complain(elt, target, wrong) : issueRequest(true)));
  });
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.getAttribute("method")?.toLowerCase() !== "post") return;
      renew(form);
      const action = form.getAttribute("action") || "";
      if (form.matches("[hx-post]") || action.startsWith("/accounts/")) return;
      forget(form);
      if (!doubtful()) return;
      event.preventDefault();
      ask().then((wrong) => (wrong ? complain(form, null, wrong) : form.requestSubmit(event.submitter)));
    },
    true,
  );

  // --- After one: each way in which it can fail has its sentence.
  const wrongOf = (detail) => {
    const status = detail.xhr?.status || 0;
    const wrote = detail.requestConfig?.verb !== "get";
    if (status === 401) return SIGNED_OUT;
    if (status === 412) return SOMEBODY_ELSE;
    if (status === 400) return "The server could not read this. Reload the page and try again.";
    const id = detail.xhr?.getResponseHeader?.("X-Request-ID");
    const known = id ? ` (Request ${id})` : "";
    if (!wrote) return `This could not be loaded. Try again.${known}`;
    return `Something went wrong; it may not have been done. What you typed is still here: press again.${known}`;
  };
  const isLive = (event) => event.detail.elt?.matches("[data-live]");
  document.addEventListener("htmx:responseError", (event) => {
    if (isLive(event)) return;
    const { elt, target, xhr } = event.detail;
    if (xhr.status === 401) out = true;
    complain(elt, target, wrongOf(event.detail));
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!isLive(event)) complain(event.detail.elt, event.detail.target, UNREACHED);
  });
  document.addEventListener("htmx:timeout", (event) => {
    if (isLive(event)) return;
    const text = "No answer has come. What you typed is still here: press again, it is done only once.";
    complain(event.detail.elt, event.detail.target, text);
  });

  // --- Before the end: two minutes to say that one stays.
  const note = document.getElementById("session-note");
  const show = (text, further = "") => {
    const words = document.createElement("p");
    words.className = "grow";
    words.textContent = text;
    note.replaceChildren(words, further);
    note.hidden = false;
  };
  const ended = () => {
    out = true;
    if (note) show(SIGNED_OUT, signInLink());
  };
  // This page is no longer the reader's: its own end says nothing any more.
  const other = () => {
    ends = 0;
    if (note) show(SOMEBODY_ELSE);
  };
  const stay = () => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = "Stay signed in";
    button.addEventListener("click", () => {
      button.disabled = true;
      ask("POST").then((wrong) => {
        button.disabled = false;
        if (wrong === SIGNED_OUT) ended();
        else if (wrong === SOMEBODY_ELSE) other();
        else if (wrong) show(wrong, stay());
        else portal?.say("You stay signed in.");
      });
    });
    return button;
  };
  const warn = () => {
    const time = new Date(ends - now() + Date.now());
    const words = time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    show(`You are signed out at ${words}, unless you stay. What you have not sent by then stays on this page.`, stay());
  };
  let timer = 0;
  let warned = false;
  const watch = () => {
    clearTimeout(timer);
    if (!note || !ends) return;
    const left = ends - now();
    if (left > WARN_BEFORE) {
      warned = false;
      note.hidden = true;
      timer = setTimeout(look, Math.min(left - WARN_BEFORE, LONGEST_TIMER));
    } else if (left > 0) {
      if (!warned) warn();
      warned = true;
      timer = setTimeout(look, left);
    } else ended();
  };
  // Another tab may have prolonged it: the server is asked before anything is said.
  const look = () => {
    if (!ends || out || ends - now() > WARN_BEFORE) return watch();
    ask().then((wrong) => {
      if (wrong === SIGNED_OUT) ended();
      else if (wrong === SOMEBODY_ELSE) other();
      else if (wrong) watch();
    });
  };
  document.addEventListener("portal:signed-out", (event) => {
    event.preventDefault();
    if (!out) ended();
  });
  // Signed in again, in another tab: the page goes on by itself, unless it is somebody else.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (out && note && isLive(event) && event.detail.successful)
      ask().then((wrong) => wrong === SOMEBODY_ELSE && other());
  });
  document.addEventListener("visibilitychange", () => document.hidden || look());
  watch();
})();
