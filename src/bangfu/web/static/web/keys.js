// What can be done with keys alone, as the fold at the foot of every page lists it.
// Rows are walked by moving the focus from link to link, so that Enter opens and a screen reader follows.
(() => {
  "use strict";
  const typing = (at) => at.closest("input, textarea, select, [contenteditable]") !== null;
  const seen = (element) => element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const rows = () => all("main tbody tr, main .bf-questions > li").filter((row) => row.querySelector("a[href]"));

  function walk(step) {
    const listed = rows();
    const here = listed.findIndex((row) => row.contains(document.activeElement));
    const next = listed[here < 0 ? (step > 0 ? 0 : listed.length - 1) : here + step];
    if (next) next.querySelector("a[href]").focus();
  }

  function search() {
    // The page's own before that of every page, which stands above it.
    const [field] = ["main", "header"].flatMap((part) => all(`${part} [role=search] input:not([type=hidden], [type=checkbox])`));
    if (field) field.focus();
    else document.querySelector("[data-search]")?.click();
  }

  function edit() {
    const around = document.activeElement.closest("tr, .bf-slot, .bf-panel");
    const found = (around && [...around.querySelectorAll("[data-edit]")].find(seen)) || all("main [data-edit]")[0];
    if (found) found.click();
  }

  function help() {
    const fold = document.getElementById("keys");
    fold.open = !fold.open;
    fold.querySelector("summary").focus();
  }

  const keys = { "/": search, j: () => walk(1), k: () => walk(-1), e: edit, "?": help };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
