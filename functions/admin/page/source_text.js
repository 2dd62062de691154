// The text that a job read, a stretch at a time, with the quotes of its result in it.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { get } from "./api.js";
import { spoken } from "./corrections.js";
import { pieces } from "./marks.js";
import { same } from "./values.js";
import { count } from "./words.js";

// Characters of the text that are shown at a time.
const STRETCH = 20_000;

export class SourceText {
  constructor(context, path) {
    this.context = context;
    this.path = path;
    this.forget();
  }

  forget() {
    this.text = null; // {characters, start, total, title}
    this.quotes = [];
    this.chosen = null; // the quote that was asked for
    this.cut = null; // the stretch in pieces, until text or quotes are others
  }

  async read(start) {
    const found = await get(`${this.path}/document`, { ...this.context.tenant, start, length: STRETCH });
    this.text = { ...found, characters: Array.from(found.text), total: found.characters };
    this.cut = null;
    this.context.draw();
  }

  mark(quotes) {
    this.quotes = quotes;
    this.cut = null;
  }

  /** Shows a quote in the text; `still` moves the page no further than it must. */
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

  view() {
    if (!this.text?.total) return nothing;
    const { characters, start, total, title, pages } = this.text;
    const laidOut = pages.length ? "laid-out" : "";
    const end = start + characters.length;
    this.cut ??= pieces(characters, start, this.quotes);
    return html`<div class="document">
      <h3>${title || "The text that was read"}</h3>
      <div class="text ${laidOut}" tabindex="0" role="region" aria-label="The text that was read">${this.cut.map((piece) => this.piece(piece))}</div>
      ${total > characters.length
        ? html`<p class="small">
            Characters ${count(start + 1)} to ${count(end)} of ${count(total)}
            ${start > 0 ? html`<button type="button" class="quiet" @click=${() => this.turn(start - STRETCH)}>Earlier text</button>` : nothing}
            ${end < total ? html`<button type="button" class="quiet" @click=${() => this.turn(end)}>Later text</button>` : nothing}
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
