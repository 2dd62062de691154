// The list of jobs: tabs, filters, rows that stay where they are while they are refreshed.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { get, now } from "./api.js";
import { Bulk } from "./bulk.js";
import { badge, failure, priority, standing, time } from "./parts.js";
import { Poll } from "./poll.js";
import { count, cut, many, nameOf, shortId, span, STATUSES, statusWord } from "./words.js";

const PAGE = 50;
// A search looks at so many jobs at a time.
const SEARCHED = 5000;
// Rows that have left the filter are asked for one by one, so many at a time.
const STRAYS = 10;

export class ListPage {
  constructor(context) {
    this.context = context;
    this.title = "Jobs";
    const query = context.query;
    this.filter = {
      status: query.get("status") ?? "",
      source_type: query.get("source_type") ?? "",
      stuck: query.get("stuck") === "true",
      text: query.get("text") ?? "",
    };
    this.cursor = query.get("cursor");
    // How many of the newest jobs the search has looked at before; null if that is not known.
    this.searched = this.cursor ? Number(query.get("searched")) || null : 0;
    this.rows = null; // as they are shown
    this.latest = null; // the answer to the last call
    this.waiting = 0; // new jobs that are not shown yet
    this.selected = new Set();
    this.error = null;
    this.bulk = new Bulk(context, () => this.changed());
    this.jobs = new Poll(context, () => this.refresh(), () => (this.lively() ? 3000 : 5000));
    this.figures = new Poll(context, () => this.count(), () => 5000);
  }

  get polls() {
    return [this.jobs, this.figures];
  }

  stop() {
    for (const poll of this.polls) poll.stop();
  }

  lively() {
    return this.rows?.some((job) => job.status === "running" || job.status === "pending");
  }

  async refresh() {
    const answer = await get("", { ...this.context.tenant, ...this.filter, limit: PAGE, cursor: this.cursor });
    this.read = now();
    this.latest = answer;
    if (this.rows?.length) await this.merge(answer);
    else this.adopt();
    this.error = null;
  }

  async count() {
    this.statistics = await get("/statistics", this.context.tenant);
  }

  /** Shows the last answer as it is. */
  adopt() {
    this.rows = this.latest.items;
    this.next = this.latest.next_cursor;
    this.waiting = 0;
    this.context.draw();
  }

  /** Takes the answer into the rows that are there: none moves, none goes, new ones are only counted. */
  async merge(answer) {
    const fresh = new Map(answer.items.map((job) => [job.id, job]));
    const shown = new Set(this.rows.map((job) => job.id));
    this.waiting = this.cursor ? 0 : answer.items.filter((job) => !shown.has(job.id)).length;
    const last = answer.next_cursor ? (answer.items.at(-1)?.id ?? "") : "";
    const strays = this.rows.filter((job) => !fresh.has(job.id) && job.id >= last);
    const found = await Promise.all(
      strays.slice(0, STRAYS).map((job) => get(`/${job.id}`, this.context.tenant).catch(() => job)),
    );
    for (const job of found) fresh.set(job.id, job);
    this.rows = this.rows.map((job) => fresh.get(job.id) ?? job);
  }

  /** Something was retried or cancelled here. */
  changed() {
    this.selected.clear();
    this.jobs.soon();
    this.figures.soon();
  }

  show(changes) {
    this.context.go(this.link(changes));
  }

  link(changes) {
    const wanted = { ...this.context.tenant, ...this.filter, ...changes };
    return `/admin/extraction-jobs?${new URLSearchParams(Object.entries(wanted).filter(([, value]) => value))}`;
  }

  view() {
    return html`<div class="headline">
        <h1>Jobs</h1>
        <a class="button primary" href=${this.context.address("/admin/extraction-jobs/new")}>New job</a>
        ${this.live()}
      </div>
      ${this.tabs()} ${this.filters()} ${failure(this.error, () => this.jobs.soon())}
      ${this.rows === null ? (this.error ? nothing : html`<p role="status">Loading…</p>`) : this.table()}
      ${this.bulk.view()}`;
  }

  live() {
    const stopped = this.jobs.paused;
    return html`<p class="small live">
      ${stopped ? "Updates stopped" : this.read ? html`Live · updated ${span((now() - this.read) / 1000)} ago` : nothing}
      <button
        type="button"
        class="quiet"
        @click=${() => {
          for (const poll of this.polls) poll.pause(!stopped);
          this.context.draw();
        }}
      >
        ${stopped ? "Update again" : "Stop updates"}
      </button>
    </p>`;
  }

  tabs() {
    const counts = this.statistics?.counts;
    const all = counts && Object.values(counts).reduce((sum, each) => sum + each, 0);
    const tab = (status, word, number) =>
      html`<a
        class="tab ${status}"
        href=${this.link({ status, stuck: this.filter.stuck && status === "running" })}
        aria-current=${this.filter.status === status ? "page" : nothing}
        >${word} <span class="count">${number === undefined ? "" : count(number)}</span></a
      >`;
    const orphans = this.statistics?.orphans;
    return html`<nav class="tabs" aria-label="Status">
        ${tab("", "All", all)} ${STATUSES.map((status) => tab(status, statusWord(status), counts?.[status]))}
      </nav>
      ${orphans
        ? html`<p class="notice warn">
            ${orphans === 1 ? "1 running job has lost its worker" : `${count(orphans)} running jobs have lost their workers`}.
            The next sweep recovers ${orphans === 1 ? "it" : "them"}.
            <a href=${this.link({ status: "running", stuck: true })}>Show</a>
          </p>`
        : nothing}`;
  }

  filters() {
    const types = [...new Set((this.rows ?? []).map((job) => job.source_type))].sort();
    return html`<form
      class="filters"
      role="search"
      @submit=${(event) => {
        event.preventDefault();
        const fields = event.target.elements;
        this.show({ text: fields.text.value.trim(), source_type: fields.source_type.value.trim() });
      }}
    >
      <label class="grow"
        ><span>Search</span>
        <input
          type="search"
          name="text"
          maxlength="200"
          placeholder="job id, source id, address or error"
          .value=${this.filter.text}
      /></label>
      <label
        ><span>Source type</span>
        <input type="text" name="source_type" maxlength="50" list="types" .value=${this.filter.source_type} />
        <datalist id="types">${types.map((type) => html`<option value=${type}></option>`)}</datalist></label
      >
      <label class="check"
        ><input
          type="checkbox"
          name="stuck"
          .checked=${this.filter.stuck}
          @change=${(event) => this.show({ stuck: event.target.checked, status: event.target.checked ? "running" : this.filter.status })}
        />
        Stuck only</label
      >
      <button type="submit">Filter</button>
      ${this.filter.text || this.filter.source_type || this.filter.stuck
        ? html`<a href=${this.link({ text: "", source_type: "", stuck: false })}>Clear</a>`
        : nothing}
    </form>`;
  }

  table() {
    const fresh = this.waiting
      ? html`<p class="fresh">
          <button type="button" @click=${() => this.adopt()}>Show ${many(this.waiting, "new job")}</button>
        </p>`
      : nothing;
    if (!this.rows.length) return html`${fresh}${this.nothingHere()}`;
    const every = this.rows.every((job) => this.selected.has(job.id));
    return html`<div class="above">
        ${this.bulk.bar(this.rows.filter((job) => this.selected.has(job.id)), this.filter)}
      </div>
      ${fresh}
      <table class="jobs" role="table" aria-label="Jobs">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              <input
                type="checkbox"
                aria-label="Select all on this page"
                .checked=${every}
                @change=${() => {
                  this.selected = new Set(every ? [] : this.rows.map((job) => job.id));
                  this.context.draw();
                }}
              />
            </th>
            <th role="columnheader" scope="col">Job</th>
            <th role="columnheader" scope="col">Status</th>
            <th role="columnheader" scope="col">Progress and result</th>
            <th role="columnheader" scope="col">Attempt</th>
            <th role="columnheader" scope="col">Created</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${repeat(this.rows, (job) => job.id, (job) => this.row(job))}
        </tbody>
      </table>
      <nav class="pager" aria-label="Pages of the list">
        ${this.cursor ? html`<a href=${this.link({})}>Newest</a>` : nothing}
        ${this.next ? (this.filter.text && this.rows.length < PAGE ? this.further() : html`<a href=${this.link({ cursor: this.next })}>Older</a>`) : nothing}
      </nav>`;
  }

  nothingHere() {
    const { status, source_type: type, stuck, text } = this.filter;
    if (!this.next && !this.cursor && !(status || type || stuck || text)) {
      return html`<p class="empty">
        This project has no jobs yet. Start with a document of yours:
        <a href=${this.context.address("/admin/extraction-jobs/new")}>send it and see what is found in it</a>.
      </p>`;
    }
    if (!text) return html`<p class="empty">No jobs here.</p>`;
    const whole = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
    const where = this.searched === null ? `these ${count(SEARCHED)}` : `the newest ${count(this.searched + SEARCHED)}`;
    return html`<p class="empty">
      ${this.next ? `No match in ${where} jobs.` : "No job matches."} ${this.next ? this.further() : nothing}
      ${whole ? html`<a href="/admin/extraction-jobs/${text}">Look for this job in your other projects</a>` : nothing}
    </p>`;
  }

  further() {
    const searched = this.searched === null ? null : this.searched + SEARCHED;
    return html`<a href=${this.link({ cursor: this.next, searched })}>Search the next ${count(SEARCHED)}</a>`;
  }

  row(job) {
    const gone = this.filter.status && job.status !== this.filter.status;
    return html`<tr role="row" class=${`${job.orphan ? "is-orphan" : ""} ${gone ? "is-gone" : ""}`} data-job=${job.id}>
      <td role="cell" class="pick">
        <input
          type="checkbox"
          aria-label="Select ${nameOf(job)}"
          .checked=${this.selected.has(job.id)}
          @change=${(event) => {
            if (event.target.checked) this.selected.add(job.id);
            else this.selected.delete(job.id);
            this.context.draw();
          }}
        />
      </td>
      <td role="cell" class="job">
        <a href=${this.context.address(`/admin/extraction-jobs/${job.id}`)} title=${nameOf(job)}>${cut(nameOf(job))}</a>
        <span class="small">${job.source_type} · <code title=${job.id}>${shortId(job.id)}</code>${priority(job)}</span>
      </td>
      <td role="cell">${badge(job)}</td>
      <td role="cell" class="how">${standing(job, this.read)}</td>
      <td role="cell"><span class="only-phone">attempt </span>${job.attempt} of ${job.max_attempts}</td>
      <td role="cell"><span class="only-phone">created </span>${time(job.created_at)}</td>
    </tr>`;
  }
}
