// A new job: a document, and what to find in it.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { get, post } from "./api.js";
import { again, smallText, upload } from "./upload.js";
import { bytes, cut, nameOf, percent } from "./words.js";

const EXAMPLE = `{
  "Invoice": {
    "type": "object",
    "properties": {
      "invoice_number": { "type": "string" },
      "total": { "type": "number" }
    }
  }
}`;

export class NewJobPage {
  constructor(context) {
    this.context = context;
    this.title = "New job";
    this.sets = {}; // the ready-made sets: JSON Schemas by type name, by the set's name
    this.error = null;
    this.sent = null; // share of the file that is uploaded, while it is
    this.uploaded = null; // {file, uri}: what need not be uploaded again
    this.first = null; // the job whose document is sent again
    this.change({ file: null, text: "", name: "", chosen: [], own: false, schema: "", below: "", priority: "normal" });
    this.load(context.query.get("from"));
  }

  stop() {}

  /** What there is to choose; and where a job is to be run again, what it asked for. */
  async load(from) {
    try {
      if (from) this.begin(await get(`/${encodeURIComponent(from)}`, this.context.tenant));
      this.sets = (await get("/object-types")).sets;
      this.context.draw();
    } catch (error) {
      this.context.told(error);
    }
  }

  begin(job) {
    const { object_types: types, review_below_confidence: below } = job.extraction_config;
    const own = plain(types);
    this.first = job;
    this.change({
      name: job.source_id ?? "",
      own,
      schema: own ? JSON.stringify(types, null, 2) : "",
      chosen: own ? [] : [types ?? []].flat(),
      below: String(below ?? ""),
      priority: job.priority,
    });
  }

  /** Something was entered. What was sent before is then another request, with a key of its own. */
  change(entered) {
    this.entered = { ...this.entered, ...entered };
    this.key = null;
    this.context.draw();
  }

  async start() {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    this.context.draw();
    try {
      const body = await this.request();
      this.key ??= crypto.randomUUID();
      const job = await post("", {}, body, this.key);
      return this.context.go(this.context.address(`/admin/extraction-jobs/${job.id}`));
    } catch (error) {
      this.context.told(error);
    } finally {
      this.busy = false;
      this.sent = null;
    }
    this.context.draw();
  }

  async request() {
    const { name, own, schema, chosen, below, priority } = this.entered;
    const { object_types: _types, review_below_confidence: _below, ...config } = this.first?.extraction_config ?? {};
    const source = this.first ? await again(this.first, this.context.tenant) : await this.source();
    if (own) config.object_types = JSON.parse(schema);
    else if (chosen.length) config.object_types = chosen;
    if (below !== "") config.review_below_confidence = Number(below);
    return { ...this.context.tenant, source_type: "document", source_id: name.trim() || null, priority, ...source, extraction_config: config };
  }

  async source() {
    const { file } = this.entered;
    const text = file ? await smallText(file) : this.entered.text;
    return text === null ? { source_uri: await this.upload(file) } : { source_text: text };
  }

  async upload(file) {
    if (this.uploaded?.file === file) return this.uploaded.uri;
    const progress = (share) => {
      this.sent = share;
      this.context.draw();
    };
    progress(0);
    this.uploaded = { file, uri: await upload(file, this.context.tenant.org_id, progress) };
    return this.uploaded.uri;
  }

  take(file) {
    if (file) this.change({ file, name: file.name.slice(-500) });
  }

  view() {
    const { file, text, own, schema } = this.entered;
    const ready = (this.first || (file ? file.size : text.trim())) && (!own || checked(schema).types);
    // All of the form takes a file: what is dropped beside a small field would replace the page.
    const over = (event, inside) => {
      event.preventDefault();
      event.currentTarget.classList.toggle("over", inside);
    };
    return html`<p><a href=${this.context.address("/admin/extraction-jobs")}>All jobs</a></p>
      <h1>${this.first ? "Run again" : "New job"}</h1>
      <form
        class="new"
        @dragover=${(event) => over(event, true)}
        @dragleave=${(event) => over(event, false)}
        @drop=${(event) => {
          over(event, false);
          this.take(event.dataTransfer.files[0]);
        }}
        @submit=${(event) => {
          event.preventDefault();
          if (ready) this.start();
        }}
      >
        ${this.document()} ${this.wanted()} ${this.options()} ${this.refusal()}
        <div class="buttons">
          <button type="submit" class="primary" aria-disabled=${ready && !this.busy ? "false" : "true"} aria-describedby="ready">
            ${this.busy ? "Starting…" : "Start the job"}
          </button>
          <span class="small" id="ready" role="status">${this.state(ready)}</span>
        </div>
      </form>`;
  }

  state(ready) {
    if (this.sent !== null) {
      return html`<progress max="1" .value=${this.sent} aria-label="Upload"></progress> ${percent(this.sent)} uploaded`;
    }
    if (ready) return nothing;
    const { file, text } = this.entered;
    if (file && !file.size) return "The file is empty.";
    return this.first || file || text.trim() ? "The JSON Schema is not valid yet." : "Choose a file or paste text first.";
  }

  document() {
    const { file, text } = this.entered;
    return html`<fieldset class="card">
      <legend>Document</legend>
      ${this.first
        ? html`<p>
            The document of <a href=${this.context.address(`/admin/extraction-jobs/${this.first.id}`)}>${cut(nameOf(this.first))}</a>.
            <span class="small">${this.first.source_uri ? "It is read again from its address." : "The text that was read from it is sent again."}</span>
          </p>`
        : file
        ? html`<p>
            <strong>${file.name}</strong> <span class="small">${bytes(file.size)}</span>
            <button type="button" class="quiet" @click=${() => this.change({ file: null, name: "" })}>Remove</button>
          </p>`
        : html`<label class="drop"
              >Drop a file here, or choose one: PDF, DOCX, XLSX, PPTX, HTML, CSV, e-mail, text and others
              <input type="file" @change=${(event) => this.take(event.target.files[0])} /></label
            >
            <label
              >Or paste text
              <textarea rows="6" .value=${text} @input=${(event) => this.change({ text: event.target.value })}></textarea>
            </label>`}
      ${this.faults(ofSource)}
    </fieldset>`;
  }

  wanted() {
    const { own, chosen, schema } = this.entered;
    const way = (value, label) =>
      html`<label class="check"><input type="radio" name="way" .checked=${own === value} @change=${() => this.change({ own: value })} /> ${label}</label>`;
    return html`<fieldset class="card">
      <legend>What to find</legend>
      <div class="ways">${way(false, "Ready-made types")} ${way(true, "My own JSON Schema")}</div>
      ${own
        ? html`<label
              >JSON Schemas by the name of their type
              <textarea
                class="code"
                rows="9"
                spellcheck="false"
                placeholder=${EXAMPLE}
                aria-describedby="schema-state"
                aria-invalid=${checked(schema).wrong ? "true" : "false"}
                .value=${schema}
                @input=${(event) => this.change({ schema: event.target.value })}
              ></textarea>
            </label>
            <p id="schema-state" role="status" class=${checked(schema).wrong ? "wrong" : "small"}>${checked(schema).wrong ?? checked(schema).says}</p>`
        : html`<p class="small">If you choose none, the types that most documents have are used.</p>
            <div class="sets">
              ${Object.entries(this.sets).map(
                ([name, types]) =>
                  html`<label class="check"
                    ><input
                      type="checkbox"
                      .checked=${chosen.includes(name)}
                      @change=${(event) =>
                        this.change({ chosen: event.target.checked ? [...chosen, name] : chosen.filter((each) => each !== name) })}
                    />
                    <span>${name.replaceAll("_", " ")} <span class="small">${Object.keys(types).join(", ")}</span></span></label
                  >`,
              )}
            </div>`}
      ${this.faults(ofTypes)}
    </fieldset>`;
  }

  options() {
    const { name, below, priority } = this.entered;
    return html`<fieldset class="card">
      <legend>Options</legend>
      <label>Name <input type="text" maxlength="500" .value=${name} @input=${(event) => this.change({ name: event.target.value })} /></label>
      <label
        >Review
        <select @change=${(event) => this.change({ below: event.target.value })}>
          ${[["", "Only if something could not be read"], ...[...new Set([0.5, 0.8, 0.9, 1, Number(below || 1)])].sort().map((each) => [String(each), each === 1 ? "Always" : `If confidence is below ${percent(each)}`])].map(
            ([value, label]) => html`<option value=${value} ?selected=${value === below}>${label}</option>`,
          )}
        </select></label
      >
      <label
        >Priority
        <select @change=${(event) => this.change({ priority: event.target.value })}>
          ${Object.entries(PRIORITIES).map(([value, label]) => html`<option value=${value} ?selected=${value === priority}>${label}</option>`)}
        </select></label
      >
    </fieldset>`;
  }

  /** What the API refused of one field, beside it. */
  faults(concerned) {
    const found = this.error?.errors?.filter(concerned) ?? [];
    return found.length ? html`<ul class="plain wrong" role="alert">${found.map((each) => html`<li>${inside(each.field)} ${each.rule}</li>`)}</ul>` : nothing;
  }

  refusal() {
    const found = this.error?.errors ?? [];
    if (!this.error || (found.length && found.every((each) => ofSource(each) || ofTypes(each)))) return nothing;
    return html`<p class="notice bad" role="alert">${this.error.message}</p>`;
  }
}

const PRIORITIES = { high: "High: before the other jobs of your organisation", normal: "Normal", low: "Low: after them" };
const TYPES = "extraction_config.object_types";
const ofSource = ({ field }) => /^(source_(text|uri|base64)|org_id)$/.test(field);
const ofTypes = ({ field }) => field.startsWith(TYPES);

/** Where in the schema, as its reader has it before him. */
function inside(field) {
  return field.startsWith(`${TYPES}.`) ? html`<code>${field.slice(TYPES.length + 1)}</code>` : nothing;
}

/** The schemas in a text: {types, says} if they can be sent, else {wrong}: why not yet. The API checks the rest. */
function checked(text) {
  if (!text.trim()) return { says: "It is checked while you type." };
  let types;
  try {
    types = JSON.parse(text);
  } catch (error) {
    return { wrong: `This is not JSON yet. ${error.message}` };
  }
  if (!plain(types) || !Object.keys(types).length) return { wrong: "Must be an object: a JSON Schema by the name of each type." };
  if (typeof types.type === "string") return { wrong: 'Put the schema under the name of its type, as in {"Invoice": {…}}.' };
  const bad = Object.keys(types).find((name) => !plain(types[name]) || !plain(types[name].properties));
  if (bad !== undefined) return { wrong: `${bad}: must be a JSON Schema with "properties".` };
  const found = Object.entries(types).map(([name, type]) => `${name} (${Object.keys(type.properties).join(", ")})`);
  return { types, says: `Looks for ${found.join("; ")}.` };
}

function plain(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
