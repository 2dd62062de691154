// Is all well? Ages, the last sweep, the next one, the queues, jobs over time.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { get, now } from "./api.js";
import { chart } from "./chart.js";
import { failure } from "./parts.js";
import { Poll } from "./poll.js";
import { count, many, shortId, span, STATUSES, statusWord } from "./words.js";

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
      async () => {
        if (!wanted()) return;
        try {
          this[name] = await get(path, { ...this.context.tenant, ...query() });
          this.error = null;
          if (name === "statistics") {
            // Only operators are told of the queues; who is one is known now.
            if (!this.read) this.polls[2].soon();
            this.read = now();
          }
        } catch (error) {
          this.context.told(error);
          throw error;
        } finally {
          this.context.draw();
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
        ${this.statistics.operator ? this.messages() : nothing}
      </div>`;
  }

  /** First of all, in words: what is wrong, and where to look. */
  verdict() {
    const { statistics, queues } = this;
    const sweep = statistics.last_sweep;
    const silent = sweep ? sweep.seconds_ago + (now() - this.read) / 1000 : null;
    const wrong = [
      !statistics.operator ? null : silent === null ? "No sweep has run yet." : silent > SILENT ? `The sweeper has been silent for ${span(silent)}: nothing is recovered meanwhile.` : null,
      sweep?.errors.length ? `The last sweep met ${many(sweep.errors.length, "error")}; see below.` : null,
      statistics.orphans ? `${many(statistics.orphans, "running job")} without a worker.` : null,
      queues?.dead_letters?.waiting ? `${many(queues.dead_letters.waiting, "dead letter")} waiting.` : null,
      queues?.failed_sweeps?.waiting ? `Sweeps or files of the inbox that failed or could not be started: ${queues.failed_sweeps.waiting}.` : null,
      statistics.failed_last_hour > statistics.completed_last_hour ? "In the last hour more jobs have failed than completed." : null,
    ].filter(Boolean);
    return wrong.length
      ? html`<div class="notice warn" role="status"><ul class="plain">${wrong.map((each) => html`<li>${each}</li>`)}</ul></div>`
      : html`<p class="notice good" role="status">All is well.</p>`;
  }

  figures() {
    const s = this.statistics;
    const jobs = (filter) => `${this.context.address("/admin/extraction-jobs")}&${new URLSearchParams(filter)}`;
    const figure = (name, value, href) => html`<div class="figure"><dt>${name}</dt><dd>${href ? html`<a href=${href}>${value}</a>` : value}</dd></div>`;
    const age = (seconds) => (seconds === null ? "none" : span(seconds));
    return html`<dl class="figures">
      ${figure("Orphans", count(s.orphans), s.orphans ? jobs({ status: "running", stuck: true }) : null)}
      ${figure("Oldest heartbeat", age(s.oldest_heartbeat_seconds))}
      ${figure("Oldest pending", age(s.oldest_pending_seconds))}
      ${figure("Completed, last hour", count(s.completed_last_hour))}
      ${figure("Failed, last hour", count(s.failed_last_hour))}
      ${STATUSES.map((status) => figure(capital(statusWord(status)), count(s.counts[status]), jobs({ status })))}
    </dl>`;
  }

  overTime() {
    return html`<section aria-labelledby="time-title">
      <div class="headline">
        <h2 id="time-title">Jobs by when they were made</h2>
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
      ${this.time ? chart(this.time.items, `Jobs by when they were made and what has become of them, last ${this.time.window}`) : html`<p role="status">Loading…</p>`}
    </section>`;
  }

  lastSweep() {
    const sweep = this.statistics.last_sweep;
    return html`<section class="card" aria-labelledby="last-title">
      <h2 id="last-title">Last sweep</h2>
      ${sweep
        ? html`<p>${span(sweep.seconds_ago + (now() - this.read) / 1000)} ago, of all organisations' jobs:</p>
            <ul>
              <li>${count(sweep.recovered)} recovered</li>
              <li>${count(sweep.failed)} failed</li>
              <li>${many(sweep.redispatched, "message")} sent again</li>
            </ul>
            ${sweep.errors.map((error) => html`<pre class="bad">${error}</pre>`)}`
        : html`<p>None yet.</p>`}
    </section>`;
  }

  nextSweep() {
    const found = this.orphans;
    return html`<section class="card" aria-labelledby="next-title">
      <h2 id="next-title">The next sweep would</h2>
      ${!found
        ? html`<p role="status">Loading…</p>`
        : !found.items.length && !found.due_messages
          ? html`<p>do nothing: no heartbeat is older than ${span(found.threshold_minutes * 60)}, no message is due.</p>`
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
              ${found.due_messages ? html`<p>send ${many(found.due_messages, "message")} again</p>` : nothing}`}
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
      <p class="small">Of all organisations, as SQS tells it: about, and a few seconds late.</p>
    </section>`;
  }
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}
