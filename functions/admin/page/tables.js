// The objects of a result as tables: one per type, a column per property; sorted and filtered here.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { evidenceAt, inOrder, sure } from "./values.js";
import { count } from "./words.js";

// Rows of a table that are shown at first, and more at a time.
const ROWS = 100;
// From so many objects on there is something to look for.
const FILTERED_FROM = 6;
const CONFIDENCE = Symbol("confidence");
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export class Tables {
  constructor(draw) {
    this.draw = draw;
    this.forget();
  }

  forget() {
    this.groups = []; // {type, objects, names}
    this.looks = new Map(); // by type: {sort, down, filter, shown}
  }

  /** Takes the objects that are to be shown. `schemas` are those of the types that are known. */
  take(objects, schemas) {
    const types = Map.groupBy(objects, (object) => object.type);
    this.groups = [...types].map(([type, members]) => ({
      type,
      objects: members,
      names: inOrder(members.flatMap((object) => Object.keys(object.properties)), schemas?.[type]),
    }));
  }

  look(type) {
    if (!this.looks.has(type)) this.looks.set(type, { sort: null, down: false, filter: "", shown: ROWS });
    return this.looks.get(type);
  }

  change(type, changes) {
    Object.assign(this.look(type), changes);
    this.draw();
  }

  /** `on`: {open, show, corrections, below}: the object whose details are shown; shows another, with a quote of it. */
  view(on) {
    return this.groups.map((group, n) => this.table(group, `type-${n}`, on));
  }

  table({ type, objects, names }, id, on) {
    const look = this.look(type);
    const found = sorted(filtered(objects, look.filter), look);
    const head = (key, label) => html`<th scope="col" aria-sort=${look.sort === key ? (look.down ? "descending" : "ascending") : nothing}>
      <button type="button" class="sort" @click=${() => this.change(type, { sort: key, down: look.sort === key && !look.down })}>
        ${label}<span aria-hidden="true">${look.sort === key ? (look.down ? " ▼" : " ▲") : ""}</span>
      </button>
    </th>`;
    return html`<section class="type" aria-labelledby=${id}>
      <div class="above">
        <h3 id=${id}>${type} <span class="count">${look.filter ? `${count(found.length)} of ` : ""}${count(objects.length)}</span></h3>
        ${objects.length < FILTERED_FROM
          ? nothing
          : html`<input type="search" aria-label="Filter ${type}" placeholder="Filter" .value=${look.filter} @input=${(event) => this.change(type, { filter: event.target.value, shown: ROWS })} />`}
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label="Table of ${type}">
        <table class="found">
          <thead><tr><th scope="col">Details</th>${names.map((name) => head(name, name))}${head(CONFIDENCE, "confidence")}</tr></thead>
          <tbody>${repeat(found.slice(0, look.shown), (object) => object.id, (object) => this.row(object, objects.indexOf(object) + 1, names, on))}</tbody>
        </table>
        ${found.length ? nothing : html`<p class="empty">Nothing matches the filter.</p>`}
      </div>
      ${found.length > look.shown
        ? html`<button type="button" class="quiet" @click=${() => this.change(type, { shown: look.shown + ROWS })}>Show more rows (${count(found.length - look.shown)} left)</button>`
        : nothing}
    </section>`;
  }

  row(object, number, names, on) {
    const open = on.open === object;
    return html`<tr class=${open ? "is-open" : ""}>
      <td><button type="button" class="quiet" aria-label="Details of ${object.type} ${number}" aria-pressed=${open ? "true" : "false"} @click=${() => on.show(object)}>${count(number)}</button></td>
      ${names.map((name) => html`<td>${cell(object, name, on)}</td>`)}
      <td>${sure(object, on.below)}</td>
    </tr>`;
  }
}

function cell(object, name, on) {
  const change = on.corrections?.at(object.id, [name]);
  if (change) return html`<span class="changed">${change.value === null ? "removed" : String(change.value)}</span>`;
  const value = object.properties[name];
  if (value === undefined) return nothing;
  const proof = evidenceAt(object.evidence, [name]);
  const quote = proof?.citations.find((each) => each.start !== null);
  const said = html`<span class="clip">${brief(value)}</span>`;
  return html`${quote
    ? html`<button type="button" class="quote" aria-pressed=${on.chosen?.object === object && String(on.chosen.path) === name ? "true" : "false"} @click=${() => on.show(object, { ...quote, object, path: [name] })}>${said}</button>`
    : said}
  ${proof?.corrected_by ? html`<span class="small">corrected</span>` : proof ? sure(proof, on.below) : nothing}`;
}

/** A value in a few words; what has parts is told in full among the details. */
function brief(value) {
  if (Array.isArray(value)) {
    if (value.every((each) => each === null || typeof each !== "object")) return value.join(", ");
    return value.length === 1 ? "1 row" : `${count(value.length)} rows`;
  }
  return value !== null && typeof value === "object" ? Object.values(value).map(brief).join(", ") : String(value);
}

function filtered(objects, filter) {
  const wanted = filter.trim().toLowerCase();
  if (!wanted) return objects;
  return objects.filter((object) => JSON.stringify(Object.values(object.properties)).toLowerCase().includes(wanted));
}

function sorted(objects, { sort, down }) {
  if (sort === null) return objects;
  const of = (object) => (sort === CONFIDENCE ? object.confidence : object.properties[sort]);
  const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(brief(a), brief(b)));
  // What has no such value comes last, whichever way round.
  return [...objects].sort((a, b) => {
    if (of(a) === undefined || of(b) === undefined) return (of(a) === undefined) - (of(b) === undefined);
    return down ? order(of(b), of(a)) : order(of(a), of(b));
  });
}
