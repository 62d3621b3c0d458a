// Shows the definitions of the glossary's terms on the pages of another site.
//
//   <script src="https://portal.example.org/api/glossary/annotate.js" defer></script>
//
// Attributes of the element: data-content (a CSS selector; the text to look at, by default
// main, article or body), data-lang (ko or en; by default that of the page), data-all (mark
// every mention, not only the first one of each term).
(() => {
  "use strict";
  const script = document.currentScript;
  const options = script.dataset;
  const portal = new URL(script.src).origin;
  const LEFT_OUT =
    "a,audio,button,canvas,code,dfn,iframe,input,kbd,math,nav,object,pre,samp,script,select,style," +
    "svg,template,textarea,tt,var,video,[contenteditable],[translate=no],.notranslate,.no-glossary," +
    ".glossary-tooltip";
  const BLOCK =
    "p,li,dt,dd,td,th,caption,figcaption,blockquote,summary,h1,h2,h3,h4,h5,h6,div,section,article";
  const LONGEST = 60000; // characters of a request
  const MOST = 20; // requests of a page

  const style = new CSSStyleSheet();
  style.replaceSync(`
    .glossary-term { color: inherit; text-decoration: underline dotted; text-underline-offset: .2em }
    .glossary-tooltip { position: absolute; z-index: 2147483647; max-width: min(22rem, 90vw);
      padding: .6rem .8rem; border: 1px solid #8888; border-radius: .4rem; font: 14px/1.5 sans-serif;
      color: #1b1b1b; background: #fff; box-shadow: 0 2px 12px #0004; word-break: keep-all }
    .glossary-tooltip strong { display: block; margin-bottom: .2rem }
    @media (prefers-color-scheme: dark) { .glossary-tooltip { color: #eee; background: #222 } }`);

  function textNodes(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, {
      acceptNode: (node) =>
        node.nodeType === Node.TEXT_NODE
          ? NodeFilter.FILTER_ACCEPT
          : node.matches(LEFT_OUT)
            ? NodeFilter.FILTER_REJECT
            : NodeFilter.FILTER_SKIP,
    });
    const found = [];
    while (walker.nextNode()) if (walker.currentNode.data) found.push(walker.currentNode);
    return found;
  }

  // Texts of one paragraph stay together, so that a word is known to be whole.
  function batches(nodes) {
    const all = [];
    let batch = { text: "", parts: [] };
    let block = null;
    for (const node of nodes) {
      const own = node.parentElement.closest(BLOCK);
      if (batch.text && batch.text.length + node.data.length > LONGEST) {
        all.push(batch);
        batch = { text: "", parts: [] };
      } else if (batch.text && own !== block) batch.text += "\n\n";
      block = own;
      if (node.data.length > LONGEST) continue;
      batch.parts.push({ node, start: batch.text.length });
      batch.text += node.data;
    }
    return [...all, batch].filter((one) => one.text.trim()).slice(0, MOST);
  }

  async function annotate(text) {
    const lang = options.lang || (document.documentElement.lang || navigator.language).slice(0, 2);
    const answer = await fetch(`${portal}/api/glossary/annotate`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      credentials: "include",
      body: JSON.stringify({ text, lang, encoding: "utf-16" }),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.json();
  }

  function mark(batch, answer, seen) {
    const concepts = new Map(answer.concepts.map((concept) => [concept.ref, concept]));
    const wanted = [];
    for (const mention of answer.mentions) {
      const part = batch.parts.findLast(({ start }) => start <= mention.start);
      // One that begins in an element and ends outside of it cannot be a link.
      const isOne = mention.end - part.start <= part.node.data.length;
      if (!isOne || (seen.has(mention.concept) && !("all" in options))) continue;
      seen.add(mention.concept);
      wanted.push({ mention, part });
    }
    // From the end to the start, so that the offsets before stay true.
    for (const { mention, part } of wanted.reverse()) {
      if (!part.node.isConnected) continue;
      const from = mention.start - part.start;
      const term = part.node.splitText(from);
      term.splitText(mention.end - mention.start);
      const link = document.createElement("a");
      const concept = concepts.get(mention.concept);
      link.className = "glossary-term";
      link.href = concept.url;
      term.replaceWith(link);
      link.append(term);
      explain(link, concept);
    }
  }

  let shown = null;
  let hiding = 0;

  function hide() {
    clearTimeout(hiding);
    shown?.link.removeAttribute("aria-describedby");
    shown?.box.remove();
    shown = null;
  }

  function show(link, concept) {
    clearTimeout(hiding);
    if (shown?.link === link) return;
    hide();
    const box = document.createElement("div");
    const title = document.createElement("strong");
    title.textContent = concept.title;
    box.append(title, concept.summary);
    box.className = "glossary-tooltip";
    box.id = "glossary-tooltip";
    box.role = "tooltip";
    box.lang = concept.language;
    document.body.append(box);
    const at = link.getBoundingClientRect();
    const room = document.documentElement.clientWidth - box.offsetWidth - 8;
    const above = at.bottom + box.offsetHeight > innerHeight && at.top > box.offsetHeight;
    box.style.left = `${scrollX + Math.max(8, Math.min(at.left, room))}px`;
    box.style.top = `${scrollY + (above ? at.top - box.offsetHeight - 4 : at.bottom + 4)}px`;
    box.addEventListener("pointerenter", () => clearTimeout(hiding));
    box.addEventListener("pointerleave", later);
    link.setAttribute("aria-describedby", box.id);
    shown = { link, box };
  }

  function later() {
    hiding = setTimeout(hide, 200);
  }

  function explain(link, concept) {
    link.addEventListener("pointerenter", () => show(link, concept));
    link.addEventListener("pointerleave", later);
    link.addEventListener("focus", () => show(link, concept));
    link.addEventListener("blur", hide);
  }

  async function run() {
    const root = document.querySelector(options.content || "main, article, [role=main]");
    const seen = new Set();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
    addEventListener("keydown", (event) => event.key === "Escape" && hide());
    for (const batch of batches(textNodes(root || document.body)))
      mark(batch, await annotate(batch.text), seen);
  }

  run().catch((error) => console.warn(`glossary: no definitions from ${portal}:`, error.message));
})();
