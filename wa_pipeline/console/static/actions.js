"use strict";
// Buttons, switches and forms that change something, through the API. What was done is said in the line at the top.
const said = (words, bad = false) => {
  const line = document.getElementById("said");
  line.textContent = words;
  line.classList.toggle("bad", bad);
};

const ask = async (method, address, body) => {
  const wanted = { method, headers: { accept: "application/json" } };
  if (body !== undefined) {
    wanted.headers["content-type"] = "application/json";
    wanted.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(address, wanted);
  } catch {
    throw new Error("The console does not answer.");
  }
  const told = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(told?.error?.message ?? `The console answered ${answer.status}.`);
  return told;
};

const during = async (button, work) => {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    said(error.message, true);
  } finally {
    button.disabled = false;
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-to], [data-switch]");
  if (!button) return;
  if (button.dataset.switch) {
    const on = button.getAttribute("aria-checked") !== "true";
    during(button, async () => {
      const told = await ask("PATCH", button.dataset.switch, { [button.dataset.name]: on });
      button.setAttribute("aria-checked", String(told[button.dataset.name]));
      said(`${button.getAttribute("aria-label")}: ${told[button.dataset.name] ? "on" : "off"}.`);
    }).then(() => button.focus());
    return;
  }
  during(button, async () => {
    const body = button.dataset.body ? JSON.parse(button.dataset.body) : undefined;
    await ask(button.dataset.method, button.dataset.to, body);
    if (button.dataset.reload !== undefined) location.reload();
    else said(button.dataset.say);
  });
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-form]");
  if (!form) return;
  event.preventDefault();
  const fields = {};
  for (const [name, value] of new FormData(form)) if (value.trim()) fields[name] = value.trim();
  during(form.querySelector("button"), async () => {
    await ask("POST", form.dataset.form, fields);
    location.reload();
  });
});

for (const field of document.querySelectorAll("[data-filter]")) {
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLocaleLowerCase();
    for (const row of document.querySelectorAll(field.dataset.filter)) {
      row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
    }
  });
}
