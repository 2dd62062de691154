// Keys for those who do not want to reach for the mouse, and a list of them.

import { html } from "./vendor/lit-html/lit-html.js";

const HELP = [
  ["j", "Next job in the list"],
  ["k", "Previous job in the list"],
  ["Enter", "Open the job"],
  ["/", "Search"],
  ["r", "Refresh this page"],
  ["?", "Show this list"],
];
const store = window.sessionStorage;

function step(by) {
  const links = [...document.querySelectorAll(".jobs .job a")];
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

/** Does what a key stands for, unless the reader is writing, answers a question or has switched the keys off. */
export function pressed(event, refresh) {
  const writes = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select");
  if (writes || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || store.getItem("keys") === "off") return;
  const does = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => document.querySelector("input[name=text]")?.focus(),
    r: refresh,
    "?": showKeys,
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

export function showKeys() {
  document.getElementById("keys").showModal();
}

export function keysView() {
  return html`<dialog id="keys" aria-labelledby="keys-title">
    <h2 id="keys-title">Keyboard shortcuts</h2>
    <dl class="keys">${HELP.map(([key, does]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`)}</dl>
    <label class="check"
      ><input
        type="checkbox"
        .checked=${store.getItem("keys") !== "off"}
        @change=${(event) => store.setItem("keys", event.target.checked ? "on" : "off")}
      />
      Use these keys</label
    >
    <div class="buttons"><button type="button" @click=${() => document.getElementById("keys").close()}>Close</button></div>
  </dialog>`;
}
