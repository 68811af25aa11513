// A form in a page that was sent before something owed was given. inplace.js says so in words above the form; the way there is a link, which words are not.
(() => {
  "use strict";
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 401) return;
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const [words, link] = ["[data-kept-here]", "[data-step]"].map((each) => page.querySelector(each));
    const said = event.detail.target.querySelector(":scope > .alert-danger");
    if (words && link && said) said.replaceChildren(words.textContent.trim(), " ", document.adoptNode(link));
  });
})();
