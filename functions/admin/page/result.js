// What a job found: objects with their evidence, relationships, and the text with the quotes in it.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { get } from "./api.js";
import { citations, pieces } from "./marks.js";
import { json } from "./parts.js";
import { count, many, percent } from "./words.js";

const PAGE = 100;
// Characters of the text that are shown at a time.
const STRETCH = 20_000;
const SERVED = ["completed", "requires_review"];

export class Result {
  constructor(context, path) {
    this.context = context;
    this.path = path;
    this.forget();
  }

  forget() {
    this.objects = [];
    this.relationships = [];
    this.next = null;
    this.text = null; // {characters, start, total, title, media_type}
    this.chosen = null; // the citation that was asked for
  }

  /** Reads what is served of the job in its status. */
  async take(job) {
    this.forget();
    if (SERVED.includes(job.status)) await this.more();
    if (job.started_at) await this.read(0);
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

  async choose(quote) {
    this.chosen = quote;
    const { start, characters } = this.text ?? { start: 0, characters: [] };
    if (quote.start < start || quote.end > start + characters.length) {
      await this.read(Math.max(0, quote.start - STRETCH / 4));
    }
    this.context.draw();
    requestAnimationFrame(() =>
      document.querySelector("mark.chosen")?.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" }),
    );
  }

  summary(job) {
    if (job.status !== "requires_review") return nothing;
    return html`<p class="notice warn">Requires a review: ${job.review_reason ?? "no reason is kept"}</p>`;
  }

  view(job) {
    if (!SERVED.includes(job.status) && !this.text?.total) return nothing;
    return html`<section aria-labelledby="result-title">
      <h2 id="result-title">${SERVED.includes(job.status) ? "Result" : "Source"}</h2>
      ${SERVED.includes(job.status) ? this.heading(job) : nothing}
      <div class="result">
        ${SERVED.includes(job.status) ? html`<div class="objects">${this.found()}</div>` : nothing}
        ${this.text?.total ? this.document() : nothing}
      </div>
    </section>`;
  }

  heading(job) {
    const covered = job.coverage === null ? "" : `, ${percent(job.coverage)} of what the document marks`;
    return html`<p class="small">${many(job.objects_found, "object")}${covered}${job.extractor ? `, by ${job.extractor}` : ""}</p>`;
  }

  found() {
    if (!this.objects.length) return html`<p class="empty">No objects.</p>`;
    return html`${this.objects.map((object) => this.object(object))}
    ${this.next ? html`<button type="button" @click=${() => this.more().catch((error) => this.context.told(error))}>More objects</button>` : nothing}`;
  }

  object(object) {
    const quotes = this.quotes.filter((quote) => quote.object === object);
    const links = this.relationships.filter((each) => each.from_id === object.id);
    return html`<article class="object" id="object-${object.id}">
      <h3>${object.type} <span class="small">${percent(object.confidence)} sure</span></h3>
      <dl>
        ${Object.entries(object.properties).map(
          ([name, value]) => html`<div><dt>${name}</dt><dd>${this.value(value, [name], quotes)}</dd></div>`,
        )}
      </dl>
      ${links.length
        ? html`<ul class="plain links">
            ${links.map((link) => html`<li>${link.type} → <a href="#object-${link.to_id}">${this.nameOf(link.to_id)}</a> <span class="small">${percent(link.confidence)}</span></li>`)}
          </ul>`
        : nothing}
    </article>`;
  }

  /** A value as deep as it goes: what stands in the text is a button that shows where. */
  value(value, path, quotes) {
    if (Array.isArray(value) && value.length && value.every(flat)) return this.rows(value, path, quotes);
    if (Array.isArray(value)) {
      return html`<ul class="plain">${value.map((each, n) => html`<li>${this.value(each, [...path, n + 1], quotes)}</li>`)}</ul>`;
    }
    if (flat(value)) return this.rows([value], path, quotes, true);
    if (value !== null && typeof value === "object") return json(value);
    const here = path.join(" ");
    const own = quotes.filter((quote) => quote.path === here);
    return own.length ? own.map((quote) => this.quote(quote, String(value))) : html`<span class="value">${String(value)}</span>`;
  }

  /** Objects of one level, as a table. */
  rows(values, path, quotes, single = false) {
    const names = [...new Set(values.flatMap((value) => Object.keys(value)))];
    const place = (n, name) => (single ? [...path, name] : [...path, n + 1, name]);
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${path.join(" ")}>
      <table class="rows">
        <thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${values.map((value, n) => html`<tr>${names.map((name) => html`<td>${name in value ? this.value(value[name], place(n, name), quotes) : nothing}</td>`)}</tr>`)}</tbody>
      </table>
    </div>`;
  }

  quote(quote, value) {
    const said = quote.quote === value ? nothing : html` <span class="small">“${quote.quote}”</span>`;
    if (quote.start === null) return html`<span class="value">${value}</span>${said} <span class="small">(not found in the text)</span>`;
    const sure = `${percent(quote.leaf.confidence)} sure, found by ${quote.leaf.method}`;
    return html`<button
      type="button"
      class="quote"
      title="${sure}${quote.page ? `, page ${quote.page}` : ""}${quote.element ? `, ${quote.element}` : ""}; show in the text"
      aria-pressed=${same(quote, this.chosen) ? "true" : "false"}
      @click=${() => this.choose(quote).catch((error) => this.context.told(error))}
    ><span class="value">${value}</span>${said}</button>`;
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
    const title = quotes.map((quote) => `${quote.object.type}: ${quote.path}`).join(", ");
    return html`<mark class=${chosen} title=${title}>${text}</mark>`;
  }

  turn(start) {
    this.chosen = null;
    this.read(Math.max(0, start)).catch((error) => this.context.told(error));
  }
}

function same(a, b) {
  return b !== null && a.start === b.start && a.end === b.end && a.path === b.path && a.object?.id === b.object?.id;
}

/** Whether a value is an object that holds no other. */
function flat(value) {
  return (
    value !== null &&
    typeof value === "object" &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => each === null || typeof each !== "object")
  );
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
