// Retry and cancel of many: first which jobs exactly, then those and no others.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { post } from "./api.js";
import { badge } from "./parts.js";
import { count, cut, many, nameOf, shortId } from "./words.js";

// What one call takes.
const PAGE = 1000;
const MOST = 50_000;
const NAMED = 200;
const ALLOWED = { retry: ["failed", "running"], cancel: ["pending", "running"] };
const DONE = { retry: "retried", cancel: "cancelled" };
const LABEL = { retry: "Retry", cancel: "Cancel" };

export class Bulk {
  constructor(context, changed) {
    this.context = context;
    this.changed = changed;
    this.asked = null; // {verb, filter, found, left, rejected, busy, more, result, error}
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
        return meant ? button(verb, meant, `${LABEL[verb]} all…`) : nothing;
      })}`;
  }

  /** Finds out which jobs are meant, page by page. Nothing is changed. */
  async preview(verb, filter) {
    const asked = { verb, filter, found: [], left: [], rejected: Boolean(filter.ids), busy: true };
    this.asked = asked;
    this.context.draw();
    requestAnimationFrame(() => document.getElementById("bulk")?.showModal());
    await this.try(asked, async () => {
      do {
        const answer = await this.send(asked, { filter, dry_run: true, after: asked.found.at(-1)?.id });
        asked.found.push(...answer.jobs);
        asked.left.push(...answer.skipped);
        asked.more = answer.truncated;
      } while (asked.more && asked.found.length < MOST && this.asked === asked);
    });
  }

  /** The jobs that a yes changes. A result that a person has rejected is left alone unless that is asked for. */
  meant() {
    const { found, rejected } = this.asked;
    return rejected ? found : found.filter((job) => !job.rejected);
  }

  /** Changes just the jobs that the preview showed, and of them only those that are still what it showed. */
  async confirm() {
    const asked = this.asked;
    const jobs = this.meant();
    asked.busy = true;
    asked.result = { total: jobs.length, seen: 0, changed: [], left: [], unsent: 0 };
    await this.try(asked, async () => {
      const { result, filter } = asked;
      for (let at = 0; at < jobs.length && this.asked === asked; at += PAGE) {
        const page = jobs.slice(at, at + PAGE);
        const shown = { ids: page.map((job) => job.id), status: [...new Set(page.map((job) => job.status))] };
        if (filter.stuck) shown.stuck = true;
        const answer = await this.send(asked, { filter: shown, dry_run: false });
        result.seen += page.length;
        result.changed.push(...answer.jobs);
        result.left.push(...answer.skipped);
        result.unsent += answer.unsent;
      }
    });
    this.changed();
  }

  async try(asked, work) {
    try {
      await work();
    } catch (error) {
      asked.error = error;
      if (error.status === 401) this.context.told(error);
    }
    asked.busy = false;
    this.context.draw();
  }

  async send(asked, body) {
    const answer = await post(`/${asked.verb}`, {}, { ...this.context.tenant, limit: PAGE, ...body });
    this.context.draw();
    return answer;
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
    const { found, left, result, error, busy, more } = this.asked;
    const jobs = result ? result.changed : this.meant();
    const others = result ? result.left : left;
    return html`<h2 id="bulk-title">${this.title(jobs)}</h2>
      ${error ? html`<p class="notice bad" role="alert">${error.message}</p>` : nothing}
      ${busy && result ? html`<p><progress max=${result.total} .value=${result.seen} aria-label="Progress"></progress> <span role="status">${count(result.seen)} of ${many(result.total, "job")}</span></p>` : nothing}
      ${result?.unsent ? html`<p>${many(result.unsent, "message")} could not be sent. The next sweep sends them.</p>` : nothing}
      ${more && !busy && !result ? html`<p class="notice warn">More jobs match. These are the oldest ${count(found.length)}; do it again for the others.</p>` : nothing}
      ${result || busy ? nothing : this.rejections()}
      <div class="scroll" tabindex="0" role="region" aria-label="Which jobs">
        ${jobs.length
          ? html`<ul class="plain" data-bulk="jobs">
              ${jobs.slice(0, NAMED).map((job) => html`<li>${badge(job)} <span title=${nameOf(job)}>${cut(nameOf(job))}</span> <code title=${job.id}>${shortId(job.id)}</code></li>`)}
            </ul>`
          : nothing}
        ${jobs.length > NAMED ? html`<p>and ${many(jobs.length - NAMED, "more job")}</p>` : nothing}
        ${others.length
          ? html`<h3>${many(others.length, "job")} ${result ? "not changed" : "not included"}</h3>
              <ul class="plain" data-bulk="skipped">
                ${others.slice(0, NAMED).map((job) => html`<li>${job.status ? badge(job) : nothing} <code title=${job.id}>${shortId(job.id)}</code> ${job.reason}</li>`)}
              </ul>`
          : nothing}
      </div>
      <div class="buttons">
        ${result || busy || error || !jobs.length
          ? nothing
          : html`<button type="button" class=${this.asked.verb === "cancel" ? "danger" : "primary"} @click=${() => this.confirm()}>
              ${LABEL[this.asked.verb]} ${jobs.length === 1 ? "this job" : `these ${many(jobs.length, "job")}`}
            </button>`}
        <button type="button" @click=${() => document.getElementById("bulk").close()}>${busy && result ? "Stop" : "Close"}</button>
      </div>`;
  }

  title(jobs) {
    const { verb, found, result, error, busy } = this.asked;
    if (result) return `${many(jobs.length, "job")} ${DONE[verb]}`;
    if (busy) return found.length ? `Counting… ${many(found.length, "job")} so far` : "Counting…";
    if (error) return "Nothing was changed";
    return jobs.length ? `${LABEL[verb]} ${many(jobs.length, "job")}?` : `There is no job to ${verb}`;
  }

  rejections() {
    const { filter, found, rejected } = this.asked;
    const number = found.filter((job) => job.rejected).length;
    if (!number || filter.ids) return nothing;
    return html`<label class="check"
      ><input
        type="checkbox"
        .checked=${rejected}
        @change=${(event) => {
          this.asked.rejected = event.target.checked;
          this.context.draw();
        }}
      />
      Also the ${number === 1 ? "job" : many(number, "job")} whose result a person rejected</label
    >`;
  }
}

/** The list's filter as a filter of the call; null where the call would take none of what the list shows. */
function matching(verb, filter) {
  if (filter.status && !ALLOWED[verb].includes(filter.status)) return null;
  // All jobs: a retry means those that failed. Who means running ones says so, by the tab or by "stuck".
  const meant = filter.status ? [filter.status] : filter.stuck ? ["running"] : verb === "retry" ? ["failed"] : ALLOWED[verb];
  const found = { status: meant, rejected: true };
  if (filter.stuck) found.stuck = true;
  if (filter.text) found.text = filter.text;
  if (filter.source_type) found.source_type = filter.source_type;
  return found;
}
