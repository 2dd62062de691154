// What a job found: objects with their evidence, relationships, and the text with the quotes in it.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { get } from "./api.js";
import { Corrections, spoken } from "./corrections.js";
import { citations, pieces } from "./marks.js";
import { same, Values } from "./values.js";
import { count, many, percent } from "./words.js";

const PAGE = 100;
// Characters of the text that are shown at a time.
const STRETCH = 20_000;
const SERVED = ["completed", "requires_review"];

export class Result {
  constructor(context, path) {
    this.context = context;
    this.path = path;
    this.corrections = new Corrections(() => context.draw());
    this.forget();
  }

  forget() {
    this.corrections.forget();
    this.objects = [];
    this.relationships = [];
    this.next = null;
    this.text = null; // {characters, start, total, title, media_type}
    this.chosen = null; // the citation that was asked for
  }

  /** Reads what is served of the job in its status. */
  async take(job) {
    this.forget();
    if (SERVED.includes(job.status)) await Promise.all([this.more(), this.know(job.extraction_config.object_types)]);
    if (job.started_at) await this.read(0);
  }

  /** Takes the JSON Schemas by type name that the job asked for. */
  async know(asked) {
    if (asked && typeof asked === "object" && !Array.isArray(asked)) {
      this.schemas = asked;
      return;
    }
    const { sets } = await get("/object-types");
    this.schemas = Object.assign({}, ...[asked ?? Object.keys(sets)].flat().map((name) => sets[name]));
  }

  async more() {
    const page = await get(`${this.path}/objects`, { ...this.context.tenant, limit: PAGE, cursor: this.next });
    this.objects = [...this.objects, ...page.items];
    this.relationships = [...this.relationships, ...page.relationships];
    this.next = page.next_cursor;
    this.quotes = this.objects.flatMap((object) => citations(object.evidence).map((each) => ({ ...each, object })));
    this.context.draw();
  }

  async read(start) {
    const found = await get(`${this.path}/document`, { ...this.context.tenant, start, length: STRETCH });
    this.text = { ...found, characters: Array.from(found.text), total: found.characters };
    this.context.draw();
  }

  /** Shows a quote in the text; `still` leaves the page where it is. */
  async choose(quote, { still = false } = {}) {
    this.chosen = quote;
    const { start, characters } = this.text ?? { start: 0, characters: [] };
    if (quote.start < start || quote.end > start + characters.length) {
      await this.read(Math.max(0, quote.start - STRETCH / 4));
    }
    this.context.draw();
    requestAnimationFrame(() =>
      document.querySelector("mark.chosen")?.scrollIntoView({ block: still ? "nearest" : "center", behavior: calm() ? "auto" : "smooth" }),
    );
  }

  summary(job) {
    if (job.status !== "requires_review") return nothing;
    return html`<p class="notice warn">Requires a review: ${job.review_reason ?? "no reason is kept"}</p>`;
  }

  view(job, approve) {
    if (!SERVED.includes(job.status) && !this.text?.total) return nothing;
    return html`<section aria-labelledby="result-title">
      <h2 id="result-title">${SERVED.includes(job.status) ? "Result" : "Source"}</h2>
      ${SERVED.includes(job.status) ? this.heading(job) : nothing}
      <div class="result">
        ${SERVED.includes(job.status) ? html`<div class="objects">${this.found(job)}</div>` : nothing}
        ${this.text?.total ? this.document() : nothing}
      </div>
      ${this.changes(approve)}
    </section>`;
  }

  /** What is changed and not yet saved, wherever the reader is in the result. */
  changes(approve) {
    const { size } = this.corrections;
    if (!size) return nothing;
    return html`<div class="changes" role="region" aria-label="Changes">
      <span role="status">${size === 1 ? "1 value is changed." : `${count(size)} values are changed.`} Approving saves ${size === 1 ? "it" : "them"}.</span>
      <button type="button" class="primary" @click=${approve}>Approve…</button>
      <button type="button" @click=${() => this.corrections.undoAll()}>Undo all</button>
    </div>`;
  }

  heading(job) {
    const covered = job.coverage === null ? "" : `, ${percent(job.coverage)} of what the document marks`;
    return html`<p class="small">${many(job.objects_found, "object")}${covered}${job.extractor ? `, by ${job.extractor}` : ""}</p>`;
  }

  found(job) {
    if (!this.objects.length) return html`<p class="empty">No objects.</p>`;
    return html`${this.objects.map((object) => this.object(object, job))}
    ${this.next ? html`<button type="button" @click=${() => this.more().catch((error) => this.context.told(error))}>More objects</button>` : nothing}`;
  }

  object(object, job) {
    const links = this.relationships.filter((each) => each.from_id === object.id);
    return html`<article class="object" id="object-${object.id}">
      <h3>${object.type} <span class="small">${percent(object.confidence)} sure</span></h3>
      ${this.values(object, job).view()}
      ${links.length
        ? html`<ul class="plain links">
            ${links.map((link) => html`<li>${link.type} → <a href="#object-${link.to_id}">${this.nameOf(link.to_id)}</a> <span class="small">${percent(link.confidence)}</span></li>`)}
          </ul>`
        : nothing}
    </article>`;
  }

  values(object, job) {
    return new Values(object, {
      schema: this.schemas?.[object.type],
      chosen: this.chosen,
      choose: (quote, how) => this.choose(quote, how).catch((error) => this.context.told(error)),
      corrections: job.actions.includes("approve") ? this.corrections : null,
      below: job.extraction_config.review_below_confidence ?? null,
    });
  }

  nameOf(id) {
    const object = this.objects.find((each) => each.id === id);
    if (!object) return "an object further down";
    const value = Object.values(object.properties).find((each) => typeof each === "string");
    return value ? `${object.type} “${value.slice(0, 60)}”` : object.type;
  }

  document() {
    const { characters, start, total, title } = this.text;
    const end = start + characters.length;
    return html`<div class="document">
      <h3>${title || "The text that was read"}</h3>
      <div class="text" tabindex="0" role="region" aria-label="The text that was read">${pieces(characters, start, this.quotes ?? []).map((piece) => this.piece(piece))}</div>
      ${total > characters.length
        ? html`<p class="small">
            Characters ${count(start + 1)} to ${count(end)} of ${count(total)}
            ${start > 0 ? html`<button type="button" class="quiet" @click=${() => this.turn(start - STRETCH)}>Before</button>` : nothing}
            ${end < total ? html`<button type="button" class="quiet" @click=${() => this.turn(end)}>After</button>` : nothing}
          </p>`
        : nothing}
    </div>`;
  }

  // No space around it: the text is shown with every space that it has.
  piece({ text, quotes }) {
    if (!quotes.length) return text;
    const chosen = quotes.some((quote) => same(quote, this.chosen)) ? "chosen" : "";
    const title = quotes.map((quote) => `${quote.object.type}: ${spoken(quote.path)}`).join(", ");
    return html`<mark class=${chosen} title=${title}>${text}</mark>`;
  }

  turn(start) {
    this.chosen = null;
    this.read(Math.max(0, start)).catch((error) => this.context.told(error));
  }
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
