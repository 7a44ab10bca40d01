// Before the first paint: light or dark. The key and its JSON are those of the administration's theme.
"use strict";
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      const kept = JSON.parse(localStorage.getItem("adminTheme"));
      return kept === "light" || kept === "dark" ? kept : "auto";
    } catch {
      return "auto"; // no storage, or not ours
    }
  };
  const apply = () => {
    const choice = chosen();
    const dark = choice === "auto" ? system.matches : choice === "dark";
    root.classList.toggle("dark", dark);
    root.classList.toggle("light", !dark);
    root.dataset.theme = choice;
  };
  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", (event) => event.key === "adminTheme" && apply());
  const press = () => {
    for (const button of document.querySelectorAll("[data-theme-choice]"))
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen()));
  };
  document.addEventListener("DOMContentLoaded", press);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    try {
      localStorage.setItem("adminTheme", JSON.stringify(button.dataset.themeChoice));
    } catch {
      return; // a browser that keeps nothing follows the system
    }
    apply();
    press();
  });
})();
