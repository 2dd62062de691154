// Retry Job, Cancel Job, Approve, Reject, Delete Job: enabled only when they are allowed, with the reason when not.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { post, remove } from "./api.js";
import { statusWord } from "./words.js";

export class Actions {
  constructor(context, path, changed, corrections) {
    this.context = context;
    this.path = path;
    this.changed = changed;
    this.corrections = corrections;
    this.busy = null; // the verb under way
    this.asked = null; // {verb, title, why, note, label}: waits for a yes
    this.error = null;
    this.done = null;
  }

  view(job) {
    return html`<section class="actions" aria-label="Actions">
      <div class="buttons">
        ${this.button(job, "retry", "Retry Job", "primary", whyNoRetry, () => this.retry(job))}
        ${this.button(job, "cancel", "Cancel Job", "danger", whyNoCancel, () =>
          this.ask({
            verb: "cancel",
            title: "Cancel this job?",
            why: "The job will never run again. A worker that runs it now stops at its next heartbeat.",
            label: "Cancel Job",
            style: "danger",
          }),
        )}
        ${job.actions.includes("approve") ? this.review(job) : nothing} ${this.again(job)}
        ${job.actions.includes("delete") ? this.deletion(job) : nothing}
      </div>
      ${this.error ? html`<p class="notice bad" role="alert">${this.error.message}</p>` : nothing}
      <p class="small" role="status">${this.done ?? ""}</p>
      ${this.dialog()}
    </section>`;
  }

  review() {
    return html`<button type="button" class="primary" @click=${() => this.approve()}>Approve</button>
      <button
        type="button"
        class="danger"
        @click=${() => this.ask({ verb: "reject", title: "Reject this result?", why: `The job becomes failed, and can be retried. Its objects are no longer shown.${this.corrections.size ? " Your changes are not saved." : ""}`, note: true, label: "Reject", style: "danger" })}
      >
        Reject
      </button>`;
  }

  approve() {
    const { size } = this.corrections;
    const saved = size === 1 ? " The value that you changed is saved." : size ? ` The ${size} values that you changed are saved.` : "";
    this.ask({ verb: "approve", title: "Approve this result?", why: `The job becomes completed.${saved}`, note: true, label: "Approve", style: "primary" });
  }

  again(job) {
    if (job.status !== "completed" && job.status !== "requires_review") return nothing;
    return html`<a class="button other" href=${`${this.context.address("/admin/extraction-jobs/new")}&from=${job.id}`}>Run again with other types</a>`;
  }

  deletion(job) {
    const kept = job.source_uri ? `Its source, ${job.source_uri}, is not deleted.` : "";
    return html`<button
      type="button"
      class="danger"
      @click=${() => this.ask({ verb: "delete", title: "Delete this job?", why: `This deletes the document's text, the results and the history of the job. It cannot be undone. ${kept}`, label: "Delete Job", style: "danger" })}
    >
      Delete Job
    </button>`;
  }

  button(job, verb, label, style, why, act) {
    const allowed = job.actions.includes(verb);
    const reason = `why-${verb}`;
    // aria-disabled, not disabled: the reason is there for whoever comes by with the keyboard.
    return html`<span class="action">
      <button
        type="button"
        class=${style}
        aria-disabled=${allowed && !this.busy ? "false" : "true"}
        aria-describedby=${allowed ? nothing : reason}
        @click=${() => allowed && !this.busy && act()}
      >
        ${label}
      </button>
      ${allowed ? nothing : html`<span class="small" id=${reason}>${why(job.status)}</span>`}
    </span>`;
  }

  retry(job) {
    if (job.status === "running" && !job.orphan) {
      return this.ask({
        verb: "retry",
        title: "Retry a job that is running?",
        why: "Its worker is alive. The job is taken away from it and starts again. Finished chunks are kept.",
        label: "Retry Job",
        style: "primary",
      });
    }
    return this.send("retry");
  }

  ask(question) {
    this.asked = question;
    this.context.draw();
    requestAnimationFrame(() => document.getElementById("sure").showModal());
  }

  body(verb, note) {
    const body = note ? { note } : {};
    if (verb === "approve" && this.corrections.size) body.corrections = this.corrections.list();
    return Object.keys(body).length ? body : undefined;
  }

  async send(verb, body) {
    this.busy = verb;
    this.error = null;
    this.done = null;
    this.context.draw();
    try {
      if (verb === "delete") {
        await remove(this.path, this.context.tenant);
        return this.context.go(this.context.address("/admin/extraction-jobs"));
      }
      const job = await post(`${this.path}/${verb}`, this.context.tenant, body);
      this.done = `Done. The job is now ${statusWord(job.status)}.`;
      this.busy = null;
      await this.changed(job);
    } catch (error) {
      this.error = this.refused(error);
      if (error.status === 401) this.context.told(error);
    }
    this.busy = null;
    this.context.draw();
  }

  /** An error as it is to be told; what the API refused of a correction is told beside the value. */
  refused(error) {
    const refused = this.corrections.refuse(error.errors ?? []);
    if (!refused) return error;
    requestAnimationFrame(() => document.querySelector(".changed .wrong")?.scrollIntoView({ block: "center" }));
    return new Error(`Nothing was saved. ${refused === 1 ? "1 change was" : `${refused} changes were`} refused. The reason is beside the value.`);
  }

  dialog() {
    const asked = this.asked;
    return html`<dialog
      id="sure"
      aria-labelledby="sure-title"
      @close=${() => {
        this.asked = null;
        this.context.draw();
      }}
    >
      ${asked
        ? html`<form
            @submit=${(event) => {
              event.preventDefault();
              const note = event.target.elements.note?.value.trim();
              document.getElementById("sure").close();
              this.send(asked.verb, this.body(asked.verb, note));
            }}
          >
            <h2 id="sure-title">${asked.title}</h2>
            <p>${asked.why}</p>
            ${asked.note ? html`<label>Note <textarea name="note" rows="3" maxlength="2000"></textarea></label>` : nothing}
            <div class="buttons">
              <button type="submit" class=${asked.style}>${asked.label}</button>
              <button type="button" @click=${() => document.getElementById("sure").close()}>Close</button>
            </div>
          </form>`
        : nothing}
    </dialog>`;
  }
}

const RETRY = {
  pending: "It is already pending.",
  completed: "It is completed. To look for other types, run it again as a new job.",
  requires_review: "It requires a review: approve or reject its result.",
  cancelled: "A cancelled job never runs again.",
};
const CANCEL = {
  completed: "It is already completed.",
  requires_review: "It has ended. Its result requires a review.",
  failed: "It has already failed.",
  cancelled: "It is already cancelled.",
};

function whyNoRetry(status) {
  return RETRY[status] ?? `A job that is ${statusWord(status)} cannot be retried.`;
}

function whyNoCancel(status) {
  return CANCEL[status] ?? `A job that is ${statusWord(status)} cannot be cancelled.`;
}
