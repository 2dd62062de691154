// Is anything wrong? Ages, the last sweep, the next one, the queues, jobs over time.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { get, now } from "./api.js";
import { chart } from "./chart.js";
import { failure } from "./parts.js";
import { pausing } from "./paused.js";
import { Poll } from "./poll.js";
import { failurePercent, pendingMinutes } from "./session.js";
import { count, many, percent, shortId, span, STATUSES, statusWord } from "./words.js";

const WINDOWS = { hour: "Hour", day: "Day", week: "Week", month: "Month" };
// A schedule of every minute that has not been heard of for so long is broken, seconds.
const SILENT = 300;

export class HealthPage {
  constructor(context) {
    this.context = context;
    this.title = "Health";
    this.window = WINDOWS[context.query.get("window")] ? context.query.get("window") : "day";
    this.error = null;
    this.polls = [
      this.reading("statistics", "/statistics", 5000),
      this.reading("orphans", "/orphans", 5000),
      this.reading("queues", "/queues", 10_000, () => ({}), () => this.statistics?.operator),
      this.reading("time", "/statistics/by-time", 30_000, () => ({ window: this.window })),
    ];
  }

  reading(name, path, every, query = () => ({}), wanted = () => true) {
    return new Poll(
      this.context,
      async () => {
        if (!wanted()) return;
        this[name] = await get(path, { ...this.context.tenant, ...query() });
        this.error = null;
        if (name === "statistics") {
          // Only operators are told of the queues; who is one is known now.
          if (!this.read) this.polls[2].soon();
          this.read = now();
        }
      },
      () => every,
    );
  }

  stop() {
    for (const poll of this.polls) poll.stop();
  }

  view() {
    const again = () => this.polls.forEach((poll) => poll.soon());
    if (!this.statistics) {
      return html`<h1>Health</h1>
        ${this.error ? failure(this.error, again) : html`<p role="status">Loading…</p>`}`;
    }
    return html`<h1>Health</h1>
      ${failure(this.error, again)} ${this.verdict()} ${this.figures()} ${this.overTime()}
      <div class="columns">
        ${this.statistics.operator ? this.lastSweep() : nothing} ${this.nextSweep()}
        ${this.statistics.operator ? this.messages() : nothing} ${pausing(this)}
      </div>`;
  }

  /** First of all, in words: what is wrong, and where to look. */
  verdict() {
    const { statistics, queues } = this;
    const sweep = statistics.last_sweep;
    const silent = sweep ? sweep.seconds_ago + (now() - this.read) / 1000 : null;
    const wrong = [
      !statistics.operator ? null : silent === null ? "No sweep has run yet." : silent > SILENT ? `No sweep has run for ${span(silent)}. Until one runs, no job is recovered.` : null,
      sweep?.errors.length ? `The last sweep had ${many(sweep.errors.length, "error")}. They are shown below.` : null,
      statistics.orphans ? `${many(statistics.orphans, "running job")} without a worker.` : null,
      queues?.dead_letters?.waiting ? `${many(queues.dead_letters.waiting, "dead letter")} waiting.` : null,
      queues?.failed_sweeps?.waiting ? `${many(queues.failed_sweeps.waiting, "sweep or inbox file", "sweeps or inbox files")} failed or could not be started.` : null,
      statistics.oldest_pending_seconds > 60 * pendingMinutes
        ? `A job has waited ${span(statistics.oldest_pending_seconds)} for a worker. The limit is ${pendingMinutes} min.`
        : null,
      this.failing(),
    ].filter(Boolean);
    return wrong.length
      ? html`<div class="notice warn" role="status"><ul class="plain">${wrong.map((each) => html`<li>${each}</li>`)}</ul></div>`
      : html`<p class="notice good" role="status">No problem found.</p>`;
  }

  /** As the FailureRate alarm: of ten jobs at least. Of fewer, if most fail. */
  failing() {
    const { failure_rate: rate, failed_last_hour: failed, completed_last_hour: completed, review_last_hour: review } = this.statistics;
    if (rate * 100 > failurePercent) {
      return `Too many jobs fail: ${percent(rate)} of the jobs that ended in the last 15 minutes. The limit is ${failurePercent} %.`;
    }
    if (rate === null && failed > completed + review) return `More than half of the jobs that ended in the last hour failed: ${count(failed)} of ${count(failed + completed + review)}.`;
    return null;
  }

  figures() {
    const s = this.statistics;
    const jobs = (filter) => `${this.context.address("/admin/extraction-jobs")}&${new URLSearchParams(filter)}`;
    const figure = (name, value, href) => html`<div class="figure"><dt>${name}</dt><dd>${href ? html`<a href=${href}>${value}</a>` : value}</dd></div>`;
    const age = (seconds) => (seconds === null ? "none" : span(seconds));
    const group = (name, figures) => html`<h2>${name}</h2><dl class="figures">${figures}</dl>`;
    return html`${group("Now", html`
      ${figure("Orphans", count(s.orphans), s.orphans ? jobs({ status: "running", stuck: true }) : null)}
      ${figure("Oldest heartbeat", age(s.oldest_heartbeat_seconds))}
      ${figure("Oldest pending", age(s.oldest_pending_seconds))}
    `)}
    ${group("Ended in the last hour", html`
      ${figure("Total", count(s.completed_last_hour + s.review_last_hour + s.failed_last_hour))}
      ${figure("Completed", count(s.completed_last_hour))}
      ${figure("Review required, or rejected", count(s.review_last_hour))}
      ${figure("Failed", count(s.failed_last_hour))}
    `)}
    ${group("All jobs by status", html`
      ${figure("Total", count(this.total()), jobs({}))}
      ${STATUSES.map((status) => figure(capital(statusWord(status)), count(s.counts[status]), jobs({ status })))}
    `)}`;
  }

  total() {
    return Object.values(this.statistics.counts).reduce((sum, each) => sum + each, 0);
  }

  overTime() {
    const shown = this.time?.items.reduce((sum, item) => sum + STATUSES.reduce((of, status) => of + item.counts[status], 0), 0);
    return html`<section aria-labelledby="time-title">
      <div class="headline">
        <h2 id="time-title">Jobs by creation time</h2>
        <div class="choice" role="group" aria-label="How far back">
          ${Object.entries(WINDOWS).map(
            ([name, word]) =>
              html`<button
                type="button"
                aria-pressed=${this.window === name ? "true" : "false"}
                @click=${() => {
                  this.window = name;
                  this.polls[3].soon();
                  this.context.draw();
                }}
              >
                ${word}
              </button>`,
          )}
        </div>
      </div>
      ${this.time
        ? html`<p class="small">${many(shown, "job")} created in the last ${this.time.window}. Colours show their status now.</p>
            ${chart(this.time.items, `Jobs by creation time and present status, last ${this.time.window}`)}`
        : html`<p role="status">Loading…</p>`}
    </section>`;
  }

  lastSweep() {
    const sweep = this.statistics.last_sweep;
    return html`<section class="card" aria-labelledby="last-title">
      <h2 id="last-title">Last sweep</h2>
      ${sweep
        ? html`<p>${span(sweep.seconds_ago + (now() - this.read) / 1000)} ago, for the jobs of all organisations:</p>
            <ul>
              <li>${count(sweep.recovered)} recovered</li>
              <li>${count(sweep.failed)} failed</li>
              <li>${many(sweep.redispatched, "message")} sent again</li>
            </ul>
            ${sweep.errors.map((error) => html`<pre class="bad">${error}</pre>`)}`
        : html`<p>No sweep has run yet.</p>`}
    </section>`;
  }

  nextSweep() {
    const found = this.orphans;
    return html`<section class="card" aria-labelledby="next-title">
      <h2 id="next-title">The next sweep would</h2>
      ${!found
        ? html`<p role="status">Loading…</p>`
        : !found.items.length && !found.due_messages
          ? html`<p>do nothing: no heartbeat is older than ${span(found.threshold_minutes * 60)}, and no message is due.</p>`
          : html`<ul class="plain">
                ${found.items.map(
                  (job) =>
                    html`<li>
                      <strong>${job.action}</strong>
                      <a href=${this.context.address(`/admin/extraction-jobs/${job.id}`)}>${job.source_type} ${shortId(job.id)}</a>
                      <span class="small">no heartbeat for ${span(job.idle_seconds)}, attempt ${job.attempt} of ${job.max_attempts}</span>
                    </li>`,
                )}
              </ul>
              ${found.due_messages ? html`<p>send ${many(found.due_messages, "message")}</p>` : nothing}`}
    </section>`;
  }

  messages() {
    const row = (name, depth) =>
      html`<tr><th scope="row">${name}</th>${depth ? html`<td>${count(depth.waiting)}</td><td>${count(depth.delayed)}</td><td>${count(depth.in_flight)}</td>` : html`<td colspan="3">not known</td>`}</tr>`;
    return html`<section class="card" aria-labelledby="queues-title">
      <h2 id="queues-title">Queues</h2>
      ${this.queues
        ? html`<table>
            <thead>
              <tr><td></td><th scope="col">waiting</th><th scope="col">delayed</th><th scope="col">in flight</th></tr>
            </thead>
            <tbody>
              ${row("Jobs", this.queues.jobs)} ${row("Dead letters", this.queues.dead_letters)} ${row("Failed sweeps and files", this.queues.failed_sweeps)}
            </tbody>
          </table>`
        : html`<p role="status">Loading…</p>`}
      <p class="small">Approximate SQS counts for all organisations, a few seconds old.</p>
    </section>`;
  }
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}
