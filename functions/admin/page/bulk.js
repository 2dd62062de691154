// Retry and cancel of many: first which jobs exactly, then those and no others.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { post } from "./api.js";
import { badge } from "./parts.js";
import { count, many, shortId } from "./words.js";

const LIMIT = 1000;
const ALLOWED = { retry: ["failed", "running"], cancel: ["pending", "running"] };
const DONE = { retry: "retried", cancel: "cancelled" };

export class Bulk {
  constructor(context, changed) {
    this.context = context;
    this.changed = changed;
    this.asked = null; // {verb, preview, result, error, busy}
  }

  /** What can be done with the jobs that are selected, or with all that the list's filter means. */
  bar(selected, filter) {
    const ids = { ids: selected.map((job) => job.id) };
    const button = (verb, meant, label) =>
      html`<button type="button" @click=${() => this.preview(verb, meant)}>${label}</button>`;
    if (selected.length) {
      return html`<span role="status">${many(selected.length, "job")} selected</span>
        ${button("retry", ids, "Retry selected…")} ${button("cancel", ids, "Cancel selected…")}`;
    }
    return html`<span class="small">All that match:</span>
      ${["retry", "cancel"].map((verb) => {
        const meant = matching(verb, filter);
        return meant ? button(verb, meant, verb === "retry" ? "Retry all…" : "Cancel all…") : nothing;
      })}`;
  }

  async preview(verb, filter) {
    this.asked = { verb, filter, busy: true };
    this.context.draw();
    await this.send({ filter, dry_run: true, limit: LIMIT }, "preview");
    requestAnimationFrame(() => {
      const dialog = document.getElementById("bulk");
      if (dialog && !dialog.open) dialog.showModal();
    });
  }

  /** Touches just the jobs that the preview showed, and of them only those that are still what it showed. */
  async confirm() {
    const { jobs } = this.asked.preview;
    const shown = { ids: jobs.map((job) => job.id), status: [...new Set(jobs.map((job) => job.status))] };
    if (this.asked.filter.stuck) shown.stuck = true;
    this.asked.busy = true;
    this.context.draw();
    await this.send({ filter: shown, dry_run: false, limit: LIMIT }, "result");
    if (this.asked?.result) this.changed();
  }

  async send(body, kind) {
    const asked = this.asked;
    try {
      asked[kind] = await post(`/${asked.verb}`, {}, { ...this.context.tenant, ...body });
      asked.error = null;
    } catch (error) {
      asked.error = error;
      if (error.status === 401) this.context.told(error);
    }
    asked.busy = false;
    this.context.draw();
  }

  close() {
    document.getElementById("bulk")?.close();
  }

  view() {
    return html`<dialog
      id="bulk"
      aria-labelledby="bulk-title"
      @close=${() => {
        this.asked = null;
        this.context.draw();
      }}
    >
      ${this.asked ? this.inside() : nothing}
    </dialog>`;
  }

  inside() {
    const { verb, preview, result, error, busy } = this.asked;
    const found = (result ?? preview)?.jobs ?? [];
    const skipped = (result ?? preview)?.skipped ?? [];
    return html`<h2 id="bulk-title">${result ? `${many(found.length, "job")} ${DONE[verb]}` : title(verb, preview, error)}</h2>
      ${error ? html`<p class="notice bad" role="alert">${error.message}</p>` : nothing}
      ${result?.unsent ? html`<p>${many(result.unsent, "message")} could not be sent; the next sweep sends them.</p>` : nothing}
      ${preview?.truncated && !result
        ? html`<p class="notice warn">More jobs match than the ${count(LIMIT)} that one call takes; do it again after.</p>`
        : nothing}
      <div class="scroll" tabindex="0" role="region" aria-label="Which jobs">
        ${found.length
          ? html`<ul class="plain" data-bulk="jobs">
              ${found.map((job) => html`<li>${badge(job)} ${job.source_id ?? job.source_type} <code title=${job.id}>${shortId(job.id)}</code></li>`)}
            </ul>`
          : nothing}
        ${skipped.length
          ? html`<h3>${result ? "Left alone" : "Not these"}</h3>
              <ul class="plain" data-bulk="skipped">
                ${skipped.map((job) => html`<li>${job.status ? badge(job) : nothing} <code title=${job.id}>${shortId(job.id)}</code> ${job.reason}</li>`)}
              </ul>`
          : nothing}
      </div>
      <div class="buttons">
        ${result || !found.length
          ? nothing
          : html`<button type="button" class=${verb === "cancel" ? "danger" : "primary"} ?disabled=${busy} @click=${() => this.confirm()}>
              ${verb === "retry" ? "Retry" : "Cancel"} ${found.length === 1 ? "this job" : `these ${many(found.length, "job")}`}
            </button>`}
        <button type="button" @click=${() => this.close()}>Close</button>
      </div>`;
  }
}

function title(verb, preview, error) {
  if (!preview) return error ? "Nothing was done" : "One moment…";
  if (!preview.jobs.length) return `There is no job to ${verb}`;
  return `${verb === "retry" ? "Retry" : "Cancel"} ${many(preview.jobs.length, "job")}?`;
}

/** The list's filter as a filter of the call; null where the call would take none of what the list shows. */
function matching(verb, filter) {
  if (filter.status && !ALLOWED[verb].includes(filter.status)) return null;
  // All jobs: a retry means those that failed. Who means running ones says so, by the tab or by "stuck".
  const meant = filter.status ? [filter.status] : filter.stuck ? ["running"] : verb === "retry" ? ["failed"] : ALLOWED[verb];
  const found = { status: meant };
  if (filter.stuck) found.stuck = true;
  if (filter.text) found.text = filter.text;
  if (filter.source_type) found.source_type = filter.source_type;
  return found;
}
