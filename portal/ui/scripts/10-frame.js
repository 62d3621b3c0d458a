// What every page gains from scripts: times in the reader's zone, "/" for the search box,
// copy buttons. A page is whole without them.
"use strict";

(() => {
  const language = document.documentElement.lang;

  function showLocalTimes(root) {
    for (const element of root.querySelectorAll("time[datetime]")) {
      const time = new Date(element.dateTime);
      if (Number.isNaN(time.getTime()) || element.dataset.local) continue;
      element.dataset.local = "true";
      element.title = element.textContent;
      element.textContent = new Intl.DateTimeFormat(language, {
        dateStyle: "medium", timeStyle: "short",
      }).format(time);
    }
  }

  function isTyping(target) {
    return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
  }

  document.documentElement.classList.add("has-scripts");
  showLocalTimes(document);
  document.addEventListener("htmx:afterSwap", () => showLocalTimes(document));
  document.addEventListener("portal:shown", () => showLocalTimes(document));

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing || isTyping(event.target)) return;
    const box = document.querySelector('main input[name="q"]') ||
      document.querySelector('input[name="q"]');
    if (box) { event.preventDefault(); box.focus(); box.select(); }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const text = button.dataset.copy === "address" ? location.href.split("?")[0] :
      document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
      const before = button.textContent;
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = before; }, 2000);
    } catch { /* the text can still be selected */ }
  });

  for (const button of document.querySelectorAll("button[data-print]")) {
    button.addEventListener("click", () => window.print());
  }
})();
