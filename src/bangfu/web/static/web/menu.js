// Entries of the menu that open a few more close when somebody looks elsewhere. Without this they open and close by their own name.
// On a phone the menu is one row that is moved sideways: it begins where the page is.
(() => {
  "use strict";
  const groups = () => [...document.querySelectorAll(".bf-group[open]")];

  const menu = document.querySelector(".bf-menu");
  const here = menu?.querySelector(":scope > [aria-current], .bf-group-here > summary");
  if (here) menu.scrollLeft = here.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;

  document.addEventListener("click", (event) => {
    for (const group of groups()) if (!group.contains(event.target)) group.open = false;
  });
  document.addEventListener("focusin", (event) => {
    for (const group of groups()) if (!group.contains(event.target)) group.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const group of groups()) {
      group.open = false;
      group.querySelector("summary").focus();
    }
  });
})();
