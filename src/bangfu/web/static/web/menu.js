// Entries of the menu that open a few more close when somebody looks elsewhere. Without this they open and close by their own name.
(() => {
  "use strict";
  const groups = () => [...document.querySelectorAll(".bf-group[open]")];

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
