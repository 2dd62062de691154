// Small pieces that every page shows.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { now } from "./api.js";
import { ago, count, inFull, many, rounded, since, span, statusWord } from "./words.js";

/** A job's status. A result that a person has rejected reads otherwise than a job that failed by itself. */
export function badge({ status, rejected }) {
  return html`<span class="badge ${status}">${rejected ? "rejected" : statusWord(status)}</span>`;
}

/** A job's priority, behind other words; the usual one is not worth them. */
export function priority(job) {
  return job.priority === "normal" ? nothing : html` · <strong>${job.priority} priority</strong>`;
}

/** A time as its age; in full on hovering and for machines. */
export function time(moment) {
  if (!moment) return "–";
  return html`<time datetime=${moment} title=${inFull(moment)}>${ago(moment, now())}</time>`;
}

/** Of a running job: when it was last heard of. `read` is when the answer came, milliseconds. */
export function heartbeat(job, read) {
  if (job.status !== "running") return nothing;
  const age = span((job.idle_seconds ?? 0) + (now() - read) / 1000);
  if (job.orphan) return html`<strong class="orphan">Orphan: no heartbeat for ${age}</strong>`;
  return job.late
    ? html`<strong class="late">Late: no heartbeat for ${age}</strong>`
    : html`<span class="heartbeat">heartbeat ${age} ago</span>`;
}

export function progress(job) {
  if (job.status !== "running" || !job.total_items) return nothing;
  const moves = !job.orphan; // without its worker it comes no further
  const rate = moves && job.items_per_minute ? ` · ${rounded(job.items_per_minute)} a minute` : "";
  const left = moves && job.estimated_seconds_left ? ` · ${span(job.estimated_seconds_left)} left` : "";
  return html`<progress
      max=${job.total_items}
      .value=${job.processed_items}
      aria-label="Progress"
    ></progress>
    <span class="small">${count(job.processed_items)} of ${count(job.total_items)} ${job.items_are}${rate}${left}</span>`;
}

/** A job of the list in a line: its progress, or why it is as it is. */
export function standing(job, read) {
  if (job.status === "running") return html`${progress(job)} ${heartbeat(job, read)}`;
  if (job.status === "pending") {
    if (job.waits_for === "resume") return html`<span class="small">waits: the project is paused</span>`;
    const due = since(job.run_after, now());
    return html`<span class="small">${job.waits_for === "time" ? html`waits until <time datetime=${job.run_after}>${inFull(job.run_after)}</time>` : `waiting for ${span(Math.max(0, due))}`}</span>`;
  }
  if (job.status === "failed") return html`<span class="small clip">${(job.error_message ?? "").split("\n\n").at(-1)}</span>`;
  if (job.status === "requires_review") return html`<span class="small clip">${job.review_reason}</span>`;
  if (job.status === "cancelled") return nothing;
  return html`<span class="small">${many(job.objects_found, "object")}</span>`;
}

export function failure(error, again) {
  if (!error) return nothing;
  return html`<div class="notice bad" role="alert">
    <p>${error.message}</p>
    ${again ? html`<button type="button" @click=${again}>Try again</button>` : nothing}
  </div>`;
}

/** Says something to whoever cannot see that it has changed. */
export function status(text) {
  return html`<p class="small" role="status">${text}</p>`;
}

/** JSON as it stands, to be read. */
export function json(value) {
  return html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
}
