// Forms that are opened in a page: closed again by Cancel or Esc, and what the server refused is said where one is looking, not nowhere.
(() => {
  "use strict";

  function close(from) {
    const place = from.closest(".bf-here");
    if (!place) return false;
    place.replaceChildren();
    place.parentElement.querySelector("[hx-get]")?.focus();
    return true;
  }

  // Above what was typed, which stays.
  function say(target, text) {
    const said = document.createElement("div");
    said.className = "alert alert-danger";
    said.setAttribute("role", "alert");
    said.textContent = text;
    target.querySelectorAll(":scope > .alert-danger").forEach((each) => each.remove());
    target.prepend(said);
    said.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) close(event.target);
  });
  document.addEventListener("click", (event) => {
    const cancel = event.target.closest("[data-close]");
    if (cancel && close(cancel)) event.preventDefault();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    say(event.detail.target, (page.querySelector("main") || page.body).textContent.replace(/\s+/g, " ").trim());
  });
  document.addEventListener("htmx:sendError", (event) => {
    say(event.detail.target, document.getElementById("keys").dataset.lost);
  });
})();
