// Forms: a control is marked as wrong when its check says so. Tasks: the page follows the run.
"use strict";

(() => {
  document.addEventListener("htmx:afterSwap", () => {
    for (const box of document.querySelectorAll(".field .fault[id]")) {
      const control = document.getElementById(box.id.replace(/-fault$/, ""));
      if (!control) continue;
      if (box.childElementCount) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  });

  const summary = document.getElementById("faults");
  if (summary) summary.focus();

  async function refresh() {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return null;
    const text = await response.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    const [shown, fresh] = [document.getElementById("task"), page.getElementById("task")];
    if (!shown || !fresh) return null;
    const opened = new Map([...shown.querySelectorAll("details")].map((one, at) => [at, one.open]));
    const isFocused = shown.contains(document.activeElement);
    shown.replaceWith(fresh);
    fresh.querySelectorAll("details").forEach((one, at) => {
      if (opened.get(at)) one.open = true;
    });
    if (isFocused) document.getElementById("content").focus({ preventScroll: true });
    document.title = page.title;
    document.dispatchEvent(new Event("portal:shown"));
    return fresh;
  }

  function follow(task) {
    const events = new EventSource(task.dataset.events);
    let waiting = null;
    const soon = () => {
      waiting ??= setTimeout(async () => {
        waiting = null;
        const fresh = await refresh().catch(() => null);
        if (fresh && !fresh.dataset.events) events.close();
      }, 300);
    };
    for (const name of ["log", "cancelled", "recovered", "completion"]) {
      events.addEventListener(name, soon);
    }
    // The stream ends with the task; its state may be written a moment later.
    events.addEventListener("error", () => { soon(); });
  }

  const task = document.querySelector("#task[data-events]");
  if (task) follow(task);
})();
