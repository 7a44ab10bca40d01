// In the administration: Ctrl+E stays the browser's; the theme is chosen in the account menu. Boxes that
// look their rows up get the name of their field, which the library leaves out.
"use strict";
addEventListener(
  "keydown",
  (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "e") event.stopImmediatePropagation();
  },
  true,
);
const nameBoxes = () => {
  for (const box of document.querySelectorAll(".select2-selection:not([data-named])")) {
    box.dataset.named = "";
    const select = box.closest(".select2-container")?.previousElementSibling;
    const label = select?.labels?.[0];
    const value = box.querySelector(".select2-selection__rendered");
    if (!label || !value) continue;
    label.id ||= `${select.id}_label`;
    box.setAttribute("aria-labelledby", `${label.id} ${value.id}`);
    value.setAttribute("aria-labelledby", label.id);
  }
};
// The library puts its boxes in at a moment of its own, and again for each row that is added.
new MutationObserver(nameBoxes).observe(document, { childList: true, subtree: true });
