// An object's values, as deep as they go: each with its place in the text, how sure it is, and in a review with a way
// to correct it.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { dotted, spoken } from "./corrections.js";
import { percent } from "./words.js";

export class Values {
  /**
   * @param {object} object of the result
   * @param {object} on {schema, chosen, choose, corrections, below}: the type's JSON Schema if it is known; the citation
   *     that is shown in the text; shows another; null where nothing can be corrected; the job's threshold or null
   */
  constructor(object, on) {
    this.object = object;
    Object.assign(this, on);
  }

  view() {
    const { properties, evidence, id } = this.object;
    const proven = Object.keys(evidence).filter((name) => isLeaf(evidence[name]));
    const names = inOrder([...Object.keys(properties), ...proven, ...(this.corrections?.names(id) ?? [])], this.schema);
    return html`<dl>${names.map((name) => html`<div><dt>${name}</dt><dd>${this.value(properties[name], [name])}</dd></div>`)}</dl>
      ${this.corrections ? this.missing(names) : nothing}`;
  }

  /** Properties of the type that were not found, to be added. */
  missing(names) {
    const simple = Object.entries(this.schema?.properties ?? {}).filter(([, each]) => !each.properties && !each.items);
    const left = simple.map(([name]) => name).filter((name) => !names.includes(name) && editable([name]));
    if (!left.length) return nothing;
    return html`<p class="small">
      <select
        aria-label="Add a value to ${this.object.type}"
        @change=${(event) => {
          const name = event.target.value;
          event.target.selectedIndex = 0;
          this.corrections.edit(this.object.id, [name]);
        }}
      >
        <option value="">Add a value…</option>
        ${left.map((name) => html`<option>${name}</option>`)}
      </select>
    </p>`;
  }

  value(value, path) {
    if (Array.isArray(value)) {
      if (value.every(flat) && (value.length || this.columns(path).length)) return this.rows(value, path);
      return html`<ul class="plain">${value.map((each, n) => html`<li>${this.value(each, [...path, n])}</li>`)}</ul>`;
    }
    if (value === null || typeof value !== "object") return this.leaf(value, path);
    if (flat(value)) return this.table([[value, path]], path, []);
    return html`<dl class="inner">${Object.entries(value).map(([name, each]) => html`<div><dt>${name}</dt><dd>${this.value(each, [...path, name])}</dd></div>`)}</dl>`;
  }

  /** An array of objects of one level. */
  rows(values, path) {
    const added = this.corrections?.addedRows(this.object.id, path) ?? 0;
    const all = [...values, ...Array.from({ length: added }, () => ({}))];
    const names = this.columns(path);
    return html`${this.table(all.map((value, n) => [value, [...path, n]]), path, values)}
    ${this.corrections && names.length && editable(path)
      ? html`<button type="button" class="quiet" @click=${() => this.corrections.addRow(this.object.id, path, values.length, names[0])}>Add a row</button>`
      : nothing}`;
  }

  /** What the schema has inside of the property; only then can something be added there. */
  columns(path) {
    return this.corrections ? Object.keys(schemaAt(this.schema, path)?.properties ?? {}) : [];
  }

  table(rows, path, found) {
    const names = inOrder([...rows.flatMap(([value]) => Object.keys(value)), ...this.columns(path)], schemaAt(this.schema, path));
    const line = ([value, place], n) => {
      const gone = this.corrections?.at(this.object.id, place);
      if (gone) return html`<tr><td colspan=${names.length + 1}>${this.changed(gone, place, "This row is removed.")}</td></tr>`;
      return html`<tr>
        ${names.map((name) => html`<td>${this.leaf(value[name], [...place, name])}</td>`)}
        ${this.corrections && n < found.length && editable(place)
          ? html`<td><button type="button" class="quiet" data-at=${dotted(place)} aria-label="Remove ${spoken(place)}" @click=${() => this.corrections.removeRow(this.object.id, place, value)}>×</button></td>`
          : nothing}
      </tr>`;
    };
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${spoken(path)}>
      <table class="rows">
        <thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${rows.map(line)}</tbody>
      </table>
    </div>`;
  }

  leaf(value, path) {
    const { object, corrections } = this;
    const change = corrections?.at(object.id, path);
    if (corrections?.isOpen(object.id, path)) return this.editor(change ? change.value : value, value, path);
    if (change) return this.changed(change, path, change.value === null ? "Removed." : null);
    const proof = evidenceAt(object.evidence, path);
    const edit =
      corrections && editable(path)
        ? html`<button type="button" class="quiet edit" data-at=${dotted(path)} aria-label="Correct ${spoken(path)}" @click=${() => this.edit(path, proof)}>Edit</button>`
        : nothing;
    if (value === undefined && !proof) return edit;
    return html`${this.stated(value, path, proof)} ${edit}`;
  }

  /** Opens the editor, and shows what it is about in the text. */
  edit(path, proof) {
    const [first] = proof?.citations ?? [];
    if (first && first.start !== null) this.choose({ ...first, object: this.object, path }, { still: true });
    this.corrections.edit(this.object.id, path);
  }

  stated(value, path, proof) {
    if (!proof) return html`<span class="value">${String(value)}</span>`;
    if (proof.corrected_by) {
      const { previous } = proof;
      return html`${value === undefined ? html`<span class="small">Removed</span>` : html`<span class="value">${String(value)}</span> <span class="small">corrected</span>`}
        <span class="small">by ${proof.corrected_by}.</span>
        ${previous ? html`<span class="small">Before:</span> ${this.stated(previous.value, path, previous.evidence)}` : html`<span class="small">There was no value before.</span>`}`;
    }
    const [first, ...others] = proof.citations;
    const text = String(value);
    return html`${first ? this.quote(first, path, proof, text) : html`<span class="value">${text}</span>`} ${sure(proof, this.below)}
    ${others.map((each) => html` ${this.quote(each, path, proof, null)}`)}`;
  }

  /** A place where the value stands; the value itself is the button of the first one. */
  quote(citation, path, proof, value) {
    const said = citation.quote === value ? nothing : html`<span class="small">${value === null ? "also" : ""} “${citation.quote}”</span>`;
    const shown = html`${value === null ? nothing : html`<span class="value">${value}</span> `}${said}`;
    if (citation.start === null) return html`${shown} <span class="small">(not found in the text)</span>`;
    const quote = { ...citation, object: this.object, path };
    return html`<button
      type="button"
      class="quote"
      title="Found by ${proof.method}${citation.page ? `, page ${citation.page}` : ""}${citation.element ? `, ${citation.element}` : ""}; show in the text"
      aria-pressed=${same(quote, this.chosen) ? "true" : "false"}
      @click=${() => this.choose(quote)}
    >${shown}</button>`;
  }

  changed(change, path, words) {
    const { object, corrections } = this;
    const before = change.before === undefined ? "nothing" : typeof change.before === "object" ? null : String(change.before);
    return html`<span class="changed"
      >${words ? html`<em>${words}</em>` : html`<span class="value">${String(change.value)}</span>`}
      ${before === null ? nothing : html`<span class="small">was <del>${before}</del></span>`}
      ${words ? nothing : html`<button type="button" class="quiet" data-at=${dotted(path)} aria-label="Correct ${spoken(path)}" @click=${() => corrections.edit(object.id, path)}>Edit</button>`}
      <button type="button" class="quiet" data-at=${words ? dotted(path) : nothing} aria-label="Undo ${spoken(path)}" @click=${() => corrections.undo(object.id, path)}>Undo</button>
      ${change.rule ? html`<span class="wrong" role="alert">${change.rule}</span>` : nothing}</span
    >`;
  }

  editor(value, before, path) {
    const { object, corrections } = this;
    const kinds = [schemaAt(this.schema, path)?.type ?? []].flat();
    const shut = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      corrections.close();
    };
    return html`<form
      class="correction"
      @keydown=${shut}
      @submit=${(event) => {
        event.preventDefault();
        corrections.set(object.id, path, before, written(event.target.elements.correction.value, before, kinds));
      }}
    >
      <input id="correction" name="correction" type="text" maxlength="10000" aria-label=${spoken(path)} aria-describedby="correction-hint" .value=${String(value ?? "")} />
      <button type="submit" class="quiet">Keep</button>
      <button type="button" class="quiet" @click=${() => corrections.close()}>Cancel</button>
      <span class="small" id="correction-hint">${before === undefined ? "" : "Leave it empty to remove the value."}</span>
    </form>`;
  }
}

/** The confidence of a value or an object. One below the job's threshold is told in words, too; what it rests on, on hovering. */
export function sure({ confidence, confidence_basis: basis }, below) {
  const low = below !== null && confidence < below;
  // Rounded down: what is below 100 % is not to be told as 100 %.
  const told = percent(Math.floor(confidence * 1000) / 1000);
  return html`<span class=${low ? "sure low" : "sure"} title=${basis ?? nothing}>${low ? "low: " : ""}${told}</span>`;
}

/** Names in the order of the schema, each once; what it does not know comes last. */
export function inOrder(names, schema) {
  const known = Object.keys(schema?.properties ?? {});
  const place = (name) => (known.includes(name) ? known.indexOf(name) : known.length);
  return [...new Set(names)].sort((a, b) => place(a) - place(b));
}

export function same(a, b) {
  return b !== null && a.start === b.start && a.end === b.end && a.object === b.object && String(a.path) === String(b.path);
}

function isLeaf(evidence) {
  return Array.isArray(evidence?.citations) && "confidence" in evidence;
}

export function evidenceAt(evidence, path) {
  const found = path.reduce((branch, step) => branch?.[step], evidence);
  return isLeaf(found) ? found : undefined;
}

function schemaAt(schema, path) {
  const found = path.reduce((branch, step) => (typeof step === "number" ? branch?.items : branch?.properties?.[step]), schema);
  return found?.items ?? found;
}

/** What was typed, as what the property holds; null for nothing. */
function written(text, before, kinds) {
  if (!text.trim()) return null;
  const is = (...names) => names.includes(typeof before) || names.some((name) => kinds.includes(name));
  if (is("boolean") && ["true", "false"].includes(text.trim())) return text.trim() === "true";
  if (is("number", "integer") && Number.isFinite(Number(text))) return Number(text);
  return text;
}

// The API puts a dot between the names of a path.
function editable(path) {
  return !path.some((each) => String(each).includes("."));
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
