"use strict";
// Results while one types, and parts of a page that are asked for again and again.
const form = document.querySelector("form[data-live]");
if (form) {
  const results = document.getElementById(form.dataset.live);
  let waiting, running;
  const renew = async () => {
    running?.abort();
    running = new AbortController();
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const address = asked.size ? `/?${asked}` : "/";
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`/?${new URLSearchParams([...asked, ["part", "results"]])}`, { signal: running.signal });
      if (answer.status !== 200 && answer.status !== 400) throw new Error(`The console answered ${answer.status}.`);
      results.innerHTML = await answer.text();
      local(results);
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name === "AbortError") return;
      said("The console does not answer; it is tried again with the next letter.", true);
    }
    results.setAttribute("aria-busy", "false");
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(renew, 220);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    renew();
  });
}

const count = () => {
  for (const place of document.querySelectorAll("[data-expires]")) {
    const left = Math.round((new Date(place.dataset.expires) - Date.now()) / 1000);
    place.textContent = left > 0 ? `Valid for ${left} s.` : "Expired; ask for a fresh one.";
    place.closest("figure")?.classList.toggle("expired", left <= 0);
  }
};
count();
setInterval(count, 1000);

for (const part of document.querySelectorAll("[data-refresh]")) {
  let before = part.innerHTML;
  setInterval(async () => {
    if (document.hidden || (part.matches("[data-quiet]") && part.contains(document.activeElement))) return;
    const answer = await fetch(part.dataset.refresh).catch(() => null);
    if (!answer?.ok) return;
    const html = await answer.text();
    // Drawn again only when something changed, so that nobody's reader speaks without need.
    if (html === before) return;
    before = html;
    part.innerHTML = html;
    local(part);
    count();
    for (const field of document.querySelectorAll("[data-filter]")) field.dispatchEvent(new Event("input"));
  }, 1000 * Number(part.dataset.every));
}
