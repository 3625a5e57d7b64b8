"use strict";
// Exports dropped on the page: sent one after the other, with progress, then watched until they are imported.
const drop = document.getElementById("upload");
const zone = drop.elements.tz;
if (!zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

const row = (file) => {
  const line = document.createElement("li");
  const name = Object.assign(document.createElement("bdi"), { textContent: file.name });
  const words = Object.assign(document.createElement("p"), { className: "faint", textContent: "Waits for its turn" });
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", `Progress of ${file.name}`);
  const grow = Object.assign(document.createElement("div"), { className: "grow" });
  grow.append(name, bar, words);
  line.append(grow);
  document.getElementById("uploads").append(line);
  return { line, bar, words };
};

const send = (file, place) => new Promise((done, failed) => {
  const asked = new URLSearchParams({ name: file.name, tz: zone.value });
  const request = new XMLHttpRequest();
  request.open("POST", `${drop.dataset.upload}?${asked}`);
  request.responseType = "json";
  request.setRequestHeader("content-type", "application/octet-stream");
  request.upload.addEventListener("progress", (event) => {
    place.bar.value = event.loaded / (event.total || file.size || 1);
    place.words.textContent = `${Math.round(100 * place.bar.value)} % sent`;
  });
  request.addEventListener("load", () => {
    if (request.status === 201) done(request.response);
    else failed(new Error(request.response?.error?.message ?? `The console answered ${request.status}.`));
  });
  request.addEventListener("error", () => failed(new Error("The connection broke; drop the file again.")));
  request.send(file);
});

const watch = async (told, place) => {
  const link = Object.assign(document.createElement("a"), {
    href: told.run, target: "_blank", rel: "noopener", textContent: "Its run in Dagster",
  });
  const tell = (words) => place.words.replaceChildren(`${words} `, link);
  for (let tries = 0; ; tries += 1) {
    if (told.state === "done") {
      place.bar.hidden = true;
      return tell(`Imported: ${told.messages} messages, ${told.inserted} of them added.`);
    }
    if (told.state === "failed") {
      place.line.classList.add("bad");
      return tell(`Failed: ${told.reason}`);
    }
    tell(told.state === "running" ? "Being imported." :
      tries > 20 ? "Registered. Nothing has taken it up: is wa up running?" : "Registered; Dagster takes it up in a moment.");
    await new Promise((later) => setTimeout(later, 2000));
    const known = await fetch("/api/exports").then((answer) => answer.json()).catch(() => null);
    told = known?.exports?.find((each) => each.export_key === told.export_key) ?? told;
  }
};

let turn = Promise.resolve();
const take = (files) => {
  if (!zone.reportValidity()) return;
  for (const file of files) {
    const place = row(file);
    turn = turn.then(async () => {
      try {
        if (file.size > Number(drop.dataset.most) * 1048576) throw new Error("It is larger than this console takes.");
        const told = await send(file, place);
        place.bar.value = 1;
        watch(told, place);
      } catch (error) {
        place.bar.hidden = true;
        place.line.classList.add("bad");
        place.words.textContent = error.message;
      }
    });
  }
};

drop.addEventListener("submit", (event) => event.preventDefault());
drop.elements.files.addEventListener("change", (event) => {
  take([...event.target.files]);
  event.target.value = "";
});
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take([...event.dataTransfer.files]);
});
