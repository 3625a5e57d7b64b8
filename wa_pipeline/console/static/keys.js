"use strict";
// Keys, and times in the reader's own zone.
const local = (root) => {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.dataset.local = "";
    time.textContent = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  }
};
local(document);
document.querySelector(".top [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

const items = () => [...document.querySelectorAll(".item")].filter((item) => item.offsetParent !== null);
const chosen = () => document.activeElement?.closest(".item");

const step = (by) => {
  const all = items();
  const at = all.indexOf(chosen());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  if (!next) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
};

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => {
    const field = document.querySelector("form[role=search] input[type=search], .filter");
    if (field) field.select();
    else location.href = "/";
  },
  p: () => {
    const player = (chosen() ?? document).querySelector("audio, video");
    if (player) player.paused ? player.play() : player.pause();
  },
  "?": () => document.getElementById("help").showModal(),
};

document.getElementById("keys").addEventListener("click", keys["?"]);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "Enter" && event.target.matches(".item")) {
    event.target.querySelector("a.open")?.click();
    return;
  }
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const work = keys[event.key] ?? (arrow && chosen() && event.target === chosen() ? () => step(arrow) : null);
  if (!work) return;
  event.preventDefault();
  work();
});

// A picture that no small one can be made of is shown itself; the event does not bubble.
document.addEventListener("error", (event) => {
  const picture = event.target;
  if (picture.tagName !== "IMG" || !picture.dataset.instead) return;
  const instead = picture.dataset.instead;
  delete picture.dataset.instead;
  picture.src = instead;
}, true);
for (const picture of document.querySelectorAll("img[data-instead]")) {
  if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) picture.dispatchEvent(new Event("error"));
}

// The gallery's viewer.
const viewer = document.getElementById("viewer");
if (viewer) {
  const tiles = () => [...document.querySelectorAll("[data-gallery] a[data-message]")];
  let at = 0;
  const show = (index) => {
    const all = tiles();
    at = (index + all.length) % all.length;
    const picture = document.getElementById("viewed");
    picture.src = all[at].href;
    picture.alt = all[at].querySelector("img").alt;
    document.getElementById("viewed-message").href = all[at].dataset.message;
    if (!viewer.open) viewer.showModal();
  };
  document.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-gallery] a[data-message]");
    const by = event.target.closest("[data-step]")?.dataset.step;
    if (by) show(at + Number(by));
    if (!tile || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(tiles().indexOf(tile));
  });
  viewer.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, j: 1, k: -1 }[event.key];
    if (by) show(at + by);
  });
  viewer.addEventListener("close", () => tiles()[at]?.focus());
}
