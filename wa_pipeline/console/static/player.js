"use strict";
// Recordings with their words in time: a click plays from there, and what is being said is marked.
document.addEventListener("click", (event) => {
  const piece = event.target.closest("[data-at]");
  const player = piece?.closest("[data-player]")?.querySelector("audio, video");
  if (!player) return;
  const go = () => {
    player.currentTime = Number(piece.dataset.at);
    player.play();
  };
  if (player.readyState > 0) return go();
  player.addEventListener("loadedmetadata", go, { once: true });
  player.load();
});

document.addEventListener("timeupdate", (event) => {
  const now = event.target.currentTime;
  for (const piece of event.target.closest("[data-player]")?.querySelectorAll("[data-at]") ?? []) {
    const said = !event.target.paused && now >= Number(piece.dataset.at) && now < Number(piece.dataset.end);
    if (said) piece.setAttribute("aria-current", "true");
    else piece.removeAttribute("aria-current");
  }
}, true);

document.addEventListener("play", (event) => {
  for (const other of document.querySelectorAll("audio, video")) if (other !== event.target) other.pause();
}, true);
