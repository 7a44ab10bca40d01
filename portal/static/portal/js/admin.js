// In the administration: Ctrl+E stays the browser's; the theme is chosen in the account menu.
"use strict";
addEventListener(
  "keydown",
  (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "e") event.stopImmediatePropagation();
  },
  true,
);
