// What a job found: tables of its objects, the details of one, and the text with the quotes in it.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { file, get } from "./api.js";
import { Corrections } from "./corrections.js";
import { citations } from "./marks.js";
import { SourceText } from "./source_text.js";
import { Tables } from "./tables.js";
import { Values } from "./values.js";
import { count, many, percent } from "./words.js";

const PAGE = 200;
// So many objects are read by themselves; the reader asks for more.
const OBJECTS = 2000;
const SERVED = ["completed", "requires_review"];

export class Result {
  constructor(context, path) {
    this.context = context;
    this.path = path;
    this.corrections = new Corrections(() => context.draw());
    this.text = new SourceText(context, path);
    this.tables = new Tables(() => context.draw());
    this.forget();
  }

  forget() {
    this.corrections.forget();
    this.text.forget();
    this.tables.forget();
    this.objects = [];
    this.relationships = [];
    this.next = null;
    this.open = null; // the object whose details are shown
  }

  /** Reads what is served of the job in its status. */
  async take(job) {
    this.forget();
    if (SERVED.includes(job.status)) {
      await this.know(job.extraction_config.object_types);
      await this.more();
    }
    if (job.started_at) await this.text.read(0);
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
    const most = this.objects.length + OBJECTS;
    do {
      const page = await get(`${this.path}/objects`, { ...this.context.tenant, limit: PAGE, cursor: this.next });
      this.objects = [...this.objects, ...page.items];
      this.relationships = [...this.relationships, ...page.relationships];
      this.next = page.next_cursor;
    } while (this.next && this.objects.length < most);
    this.text.mark(this.objects.flatMap((object) => citations(object.evidence).map((each) => ({ ...each, object }))));
    this.tables.take(this.objects, this.schemas);
    this.open ??= this.objects.reduce((most, each) => (most && weight(most) >= weight(each) ? most : each), null);
    this.context.draw();
  }

  /** Shows an object's details, and a quote of it in the text. */
  show(object, quote, how) {
    this.open = object;
    this.context.draw();
    if (quote) this.try(this.text.choose(quote, how));
    else requestAnimationFrame(() => document.getElementById("details")?.scrollIntoView({ block: "nearest" }));
  }

  try(promise) {
    promise.catch((error) => this.context.told(error));
  }

  summary(job) {
    if (job.status !== "requires_review") return nothing;
    return html`<p class="notice warn">Requires a review: ${job.review_reason ?? "no reason was recorded"}</p>`;
  }

  view(job, approve) {
    const served = SERVED.includes(job.status);
    if (!served && !this.text.text?.total) return nothing;
    const asked = job.extraction_config.review_below_confidence ?? 1;
    const on = {
      open: this.open,
      show: (object, quote, how) => this.show(object, quote, how),
      chosen: this.text.chosen,
      choose: (quote, how) => this.try(this.text.choose(quote, how)),
      corrections: job.actions.includes("approve") ? this.corrections : null,
      below: asked < 1 ? asked : null, // 1 asks for a review of whatever was found
    };
    return html`<section aria-labelledby="result-title">
      <h2 id="result-title">${served ? "Result" : "Source"}</h2>
      ${served ? html`${this.heading(job)} ${this.tables.view(on)} ${this.rest()}` : nothing}
      <div class="result">${this.open ? this.details(on) : nothing} ${this.text.view()}</div>
      ${this.changes(approve)}
    </section>`;
  }

  heading(job) {
    if (!job.objects_found) return html`<p class="empty">Nothing was found. Does the document contain the types that the job asks for?</p>`;
    const download = (format, label) =>
      html`<button type="button" class="quiet" @click=${() => this.try(this.download(job, format))}>${label}</button>`;
    return html`<p class="small">
      ${many(job.objects_found, "object")}${job.extractor ? `, found by ${job.extractor}` : ""}. Download: ${download("csv", "CSV")}
      ${download("jsonl", "JSON Lines")}
    </p>
      ${this.objects.length ? nothing : html`<p role="status">Loading…</p>`}`;
  }

  rest() {
    if (!this.next) return nothing;
    return html`<p class="small">
      These are the first ${count(this.objects.length)} objects.
      <button type="button" class="quiet" @click=${() => this.try(this.more())}>Load more</button>
    </p>`;
  }

  async download(job, format) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await file(`${this.path}/export`, { ...this.context.tenant, format }));
    link.download = `${job.id}.${format}`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  details(on) {
    const object = this.open;
    const links = this.relationships.filter((each) => each.from_id === object.id);
    return html`<article class="objects object" id="details" aria-label="Details">
      <h3>${object.type} <span class="small">confidence ${percent(object.confidence)}</span></h3>
      ${new Values(object, { ...on, schema: this.schemas?.[object.type] }).view()}
      ${links.length
        ? html`<ul class="plain links">
            ${links.map((link) => html`<li>${link.type} → ${this.linked(link.to_id)} <span class="small">${percent(link.confidence)}</span></li>`)}
          </ul>`
        : nothing}
    </article>`;
  }

  linked(id) {
    const object = this.objects.find((each) => each.id === id);
    if (!object) return "an object that is not loaded yet";
    const value = Object.values(object.properties).find((each) => typeof each === "string");
    return html`<button type="button" class="quiet" @click=${() => this.show(object)}>${value ? `${object.type} “${value.slice(0, 60)}”` : object.type}</button>`;
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
}

/** How much there is to an object. */
function weight(object) {
  return JSON.stringify(object.properties).length;
}
