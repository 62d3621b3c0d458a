// The search box: a combobox with completions, and the queries of this browser.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ (editable, list, manual selection)
"use strict";

(() => {
  const KEY = "portal.queries";
  const MOST = 6;

  function recent() {
    try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; }
  }

  function remember(query) {
    const text = query.trim();
    if (!text) return;
    const queries = [text, ...recent().filter((one) => one !== text)].slice(0, MOST);
    try { localStorage.setItem(KEY, JSON.stringify(queries)); } catch { /* it may be refused */ }
  }

  function enhance(form) {
    const input = form.querySelector('input[name="q"]');
    const list = document.createElement("ul");
    list.id = `${input.id}-list`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", form.querySelector("label").textContent);
    list.hidden = true;
    form.append(list);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    })) input.setAttribute(name, value);

    let chosen = -1;
    let asked = 0;
    let timer = null;
    const options = () => [...list.querySelectorAll('[role="option"]')];

    function close() {
      list.hidden = true;
      list.replaceChildren();
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function open(items) {
      list.replaceChildren(...items);
      chosen = -1;
      list.hidden = items.length === 0;
      input.setAttribute("aria-expanded", String(items.length > 0));
      input.removeAttribute("aria-activedescendant");
      options().forEach((one, at) => { one.id = `${list.id}-${at}`; });
    }

    function choose(at) {
      const found = options();
      chosen = found.length ? (at + found.length) % found.length : -1;
      found.forEach((one, index) => one.setAttribute("aria-selected", String(index === chosen)));
      if (chosen < 0) return;
      input.setAttribute("aria-activedescendant", found[chosen].id);
      found[chosen].scrollIntoView({ block: "nearest" });
    }

    function take(option) {
      if (option.dataset.forget) {
        try { localStorage.removeItem(KEY); } catch { /* nothing is kept then */ }
        close();
        return;
      }
      if (option.dataset.href) { location.href = option.dataset.href; return; }
      input.value = option.dataset.query;
      form.requestSubmit();
    }

    function showRecent() {
      const queries = recent();
      if (!queries.length) { close(); return; }
      const title = document.createElement("li");
      title.className = "suggestions-title";
      title.setAttribute("role", "presentation");
      title.textContent = form.dataset.recent;
      const items = queries.map((query) => {
        const item = document.createElement("li");
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.dataset.query = query;
        item.textContent = query;
        return item;
      });
      const forget = document.createElement("li");
      forget.setAttribute("role", "option");
      forget.setAttribute("aria-selected", "false");
      forget.className = "suggestions-forget";
      forget.dataset.forget = "true";
      forget.textContent = form.dataset.forget;
      open([title, ...items, forget]);
    }

    async function ask() {
      const term = input.value.trim();
      const mine = ++asked;
      if (!term) { showRecent(); return; }
      const address = new URL(form.dataset.suggestions, location.href);
      address.searchParams.set("q", term);
      try {
        const response = await fetch(address, { headers: { Accept: "text/html" } });
        if (!response.ok || mine !== asked) return;
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        if (mine !== asked || document.activeElement !== input) return;
        open([...page.querySelectorAll('[role="option"]')].map((one) => document.adoptNode(one)));
      } catch { close(); }
    }

    // A syllable that is still being composed is asked for, too: the index knows begun ones.
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 120);
    });
    input.addEventListener("focus", () => { if (!input.value.trim()) showRecent(); });
    input.addEventListener("blur", () => setTimeout(close, 150));
    input.addEventListener("keydown", (event) => {
      // While Korean is composed, Enter and arrows belong to the input method.
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "ArrowDown" && list.hidden) { ask(); event.preventDefault(); }
      else if (event.key === "ArrowDown") { choose(chosen + 1); event.preventDefault(); }
      else if (event.key === "ArrowUp" && !list.hidden) {
        choose(chosen < 0 ? options().length - 1 : chosen - 1);
        event.preventDefault();
      } else if (event.key === "Escape" && !list.hidden) { close(); event.preventDefault(); }
      else if (event.key === "Enter" && chosen >= 0) {
        event.preventDefault();
        take(options()[chosen]);
      }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (option) take(option);
    });
    form.addEventListener("submit", () => remember(input.value));
  }

  document.querySelectorAll("form[data-suggestions]").forEach(enhance);
})();
