// A project that is paused, told on its pages; and pausing it.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { put, remove } from "./api.js";
import { time } from "./parts.js";

let busy = false;
let refused = null; // what the API would not do

/** Of a page whose project is paused; otherwise nothing. */
export function paused(page) {
  const pause = page.statistics?.pause;
  if (!pause) return nothing;
  return html`<div class="notice warn" role="status">
    <p>This project was paused ${time(pause.paused_at)} by ${pause.paused_by}. Its jobs wait. Running jobs finish.</p>
    ${pause.reason ? html`<p>Reason: ${pause.reason}</p>` : nothing}
    <button type="button" class="primary" aria-disabled=${busy ? "true" : "false"} @click=${() => change(page, () => remove("/pause", page.context.tenant))}>Resume</button>
    ${refusal()}
  </div>`;
}

/** Where a project is paused. */
export function pausing(page) {
  if (page.statistics.pause) return nothing;
  return html`<section class="card" aria-labelledby="pause-title">
    <h2 id="pause-title">Pause</h2>
    <p>None of this project's jobs is started until you resume it. Running jobs finish.</p>
    <form
      class="filters"
      @submit=${(event) => {
        event.preventDefault();
        const reason = event.target.elements.reason.value.trim() || null;
        change(page, () => put("/pause", { ...page.context.tenant, reason }));
      }}
    >
      <label class="grow"><span>Reason</span> <input type="text" name="reason" maxlength="500" /></label>
      <button type="submit" aria-disabled=${busy ? "true" : "false"}>Pause project</button>
    </form>
    ${refusal()}
  </section>`;
}

function refusal() {
  return refused ? html`<p class="wrong" role="alert">${refused.message}</p>` : nothing;
}

async function change(page, act) {
  if (busy) return;
  busy = true;
  refused = null;
  page.context.draw();
  try {
    await act();
    await Promise.all(page.polls.map((poll) => poll.soon()));
  } catch (error) {
    refused = error;
  }
  busy = false;
  page.context.draw();
}
