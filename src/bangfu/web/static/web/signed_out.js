// A form in a page that was sent when its session had ended. inplace.js says so in words above the form; the way to sign in is a link, which words are not.
(() => {
  "use strict";
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 401) return;
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const [words, link] = ["[data-signed-out]", "[data-sign-in]"].map((each) => page.querySelector(each));
    const said = event.detail.target.querySelector(":scope > .alert-danger");
    if (words && link && said) said.replaceChildren(words.textContent.trim(), " ", document.adoptNode(link));
  });
})();
