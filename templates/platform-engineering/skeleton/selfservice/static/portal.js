// Sends a form as JSON and shows what comes back. The token of a link stays behind "#".
const handover = document.querySelector('form[data-post="/handover"]');
function showHandover() {
  handover.hidden = !location.hash;
}
addEventListener("hashchange", showHandover);
showHandover();

for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const output = form.querySelector("output");
    const button = form.querySelector("button");
    const asked = Object.fromEntries(new FormData(form));
    if (form === handover) asked.token = location.hash.slice(1);
    button.disabled = true;
    output.textContent = "…";
    const response = await fetch(form.dataset.post, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asked),
    });
    const answer = await response.json();
    output.textContent = response.ok ? JSON.stringify(answer, null, 2) : answer.errors.join("\n");
    if (answer.link) {
      const link = document.createElement("a");
      link.href = link.textContent = answer.link;
      output.replaceChildren(link);
    }
    button.disabled = false;
  });
}
