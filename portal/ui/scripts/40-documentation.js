// Formulas and diagrams of documentation. The libraries are loaded only by pages that use them;
// without scripts a page shows their source.
"use strict";

(() => {
  function showFormulas() {
    for (const element of document.querySelectorAll(".docs-text .arithmatex")) {
      const source = element.textContent.trim().replace(/^\\[([]|\\[)\]]$/g, "");
      const displayMode = element.tagName === "DIV";
      // MathML only: KaTeX's HTML would need inline styles, which no page allows.
      window.katex.render(source, element, { output: "mathml", displayMode, throwOnError: false });
    }
  }

  // Mermaid styles what it draws inline. So it draws in a frame whose policy allows that and
  // nothing else, and the page shows the result as an image, which cannot run anything.
  async function showDiagrams(frame) {
    const mermaid = frame.contentWindow.mermaid;
    if (!mermaid) return;
    const isDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    mermaid.initialize({
      startOnLoad: false, securityLevel: "strict", theme: isDark ? "dark" : "neutral",
      htmlLabels: false, flowchart: { htmlLabels: false },
    });
    let count = 0;
    for (const block of document.querySelectorAll(".docs-text pre.mermaid")) {
      try {
        const { svg } = await mermaid.render(`diagram-${(count += 1)}`, block.textContent);
        show(block, svg);
      } catch (error) {
        block.title = String(error.message || error);
      }
    }
    frame.remove();
  }

  function show(block, svg) {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    image.alt = block.textContent;
    const size = svg.match(/viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"/);
    if (size) { image.width = Math.ceil(size[1]); image.height = Math.ceil(size[2]); }
    image.className = "diagram";
    block.replaceWith(image);
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (window.katex) showFormulas();
    const frame = document.querySelector("iframe.diagrams");
    if (frame && frame.contentDocument && frame.contentDocument.readyState === "complete" &&
        frame.contentWindow.mermaid) showDiagrams(frame);
    else if (frame) frame.addEventListener("load", () => showDiagrams(frame));
  });
})();
