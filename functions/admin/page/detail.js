// One job: everything that is known about it, and what can be done.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { Actions } from "./actions.js";
import { everything, get, now } from "./api.js";
import { facts } from "./facts.js";
import { badge, failure, heartbeat, priority, progress } from "./parts.js";
import { Poll } from "./poll.js";
import { Result } from "./result.js";
import { timeline } from "./timeline.js";
import { cut, inFull, nameOf, shortId, since, span } from "./words.js";

const ENDED = ["completed", "requires_review", "failed", "cancelled"];

const WAITS = {
  time: (job) =>
    html`Waits until <time datetime=${job.run_after}>${inFull(job.run_after)}</time>, for ${span(Math.max(0, -since(job.run_after, now())))}.`,
  resume: () => "Waits until its project is resumed.",
  worker: (job) => `Waiting for a worker for ${span(Math.max(0, since(job.run_after, now())))}.`,
};

export class DetailPage {
  constructor(context, id) {
    this.context = context;
    this.id = id;
    this.path = `/${encodeURIComponent(id)}`;
    this.title = `Job ${id.slice(-8)}`;
    this.job = null;
    this.events = null;
    this.error = null;
    this.result = new Result(context, this.path);
    this.actions = new Actions(context, this.path, (job) => this.take(job), this.result.corrections);
    this.poll = new Poll(
      context,
      () => this.refresh(),
      () => (ENDED.includes(this.job?.status) ? 15_000 : 2000),
    );
  }

  /** Whether leaving loses what the reader has changed. */
  get unsaved() {
    return this.result.corrections.size > 0;
  }

  get polls() {
    return [this.poll];
  }

  stop() {
    this.poll.stop();
  }

  async refresh() {
    await this.take(await get(this.path, this.context.tenant));
    // By whom its project is paused, and why, matters to a job that waits.
    this.statistics = this.job.status === "pending" ? await get("/statistics", this.context.tenant) : null;
    this.error = null;
  }

  /** The job as it is now. What hangs on its status is asked for again when that has changed. */
  async take(job) {
    this.job = job;
    this.read = now();
    this.context.draw();
    const state = [job.status, job.lease, job.attempt, job.dispatch_count, job.completed_at].join();
    if (state === this.state) return;
    this.events = await everything(`${this.path}/events`, this.context.tenant);
    await this.result.take(job);
    this.state = state;
    this.context.draw();
  }

  view() {
    const job = this.job;
    const back = html`<p><a href=${this.context.address("/admin/extraction-jobs")}>All jobs</a></p>`;
    if (!job) return html`${back}${this.error ? failure(this.error, () => this.poll.soon()) : html`<p role="status">Loading…</p>`}`;
    return html`${back}
      <div class="headline">
        <h1 title=${nameOf(job)}>${cut(nameOf(job))}</h1>
        ${badge(job)}
      </div>
      <p class="small"><code>${job.id}</code> · ${job.source_type}${priority(job)}${this.first()}</p>
      ${failure(this.error, () => this.poll.soon())} ${this.now()} ${this.actions.view(job)}
      ${job.error_message ? notes(job) : nothing} ${this.result.summary(job)}
      ${timeline(this.events)} ${this.result.view(job, () => this.actions.approve())} ${facts(job)}`;
  }

  /** Of a job that another was run again as: that one. */
  first() {
    const { run_again_of: id } = this.job.source_metadata;
    if (!/^[0-9a-f-]{36}$/.test(id)) return nothing;
    return html` · run again of <a href=${this.context.address(`/admin/extraction-jobs/${id}`)}>job ${shortId(id)}</a>`;
  }

  /** In a sentence: what is going on. */
  now() {
    const job = this.job;
    if (job.status === "running") {
      const limit = job.deadline_at ? -since(job.deadline_at, now()) : null;
      return html`<section class="card ${job.orphan ? "is-orphan" : ""}" aria-label="Now">
        <p>
          Attempt ${job.attempt} of ${job.max_attempts}${job.started_at ? `, running for ${span(since(job.started_at, now()))}` : ""}.
          ${heartbeat(job, this.read)}
        </p>
        ${job.total_items ? html`<p class="wide">${progress(job)}</p>` : html`<p class="small">The worker reads the document.</p>`}
        ${job.orphan
          ? html`<p>Its worker is gone. The next sweep recovers the job within a minute. <strong>Retry Job</strong> does it now.</p>`
          : nothing}
        ${limit === null ? nothing : html`<p class="small">${limit > 0 ? `Hard limit in ${span(limit)}` : "Over its hard limit: the next sweep stops it"}.</p>`}
      </section>`;
    }
    if (job.status === "pending") {
      return html`<section class="card" aria-label="Now">
        <p>${WAITS[job.waits_for](job)}
        ${job.dispatched_at
          ? `Its message was sent ${span(since(job.dispatched_at, now()))} ago.`
          : job.waits_for === "worker" ? "Its message is not sent yet. The next sweep sends it." : nothing}</p>
      </section>`;
    }
    return nothing;
  }
}

/** What was noted of the job. Only where it failed is that an error: a job that was retried has a note of it too. */
function notes(job) {
  const title = job.status === "failed" && !job.rejected ? "Errors" : "Notes";
  const parts = job.error_message.split("\n\n");
  return html`<section aria-labelledby="notes-title">
    <h2 id="notes-title">${title}</h2>
    ${parts.length > 1 ? html`<p class="small">The newest is last.</p>` : nothing}
    <div class="notes ${title === "Errors" ? "errors" : ""}" tabindex="0" role="region" aria-label="Notes, oldest first">${parts.map((part) => html`<pre>${part}</pre>`)}</div>
  </section>`;
}
