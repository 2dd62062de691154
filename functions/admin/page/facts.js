// Every column of a job's row.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { json } from "./parts.js";
import { count, inFull, percent } from "./words.js";

const TIMES = [
  ["created_at", "Created"],
  ["run_after", "Starts at the earliest"],
  ["dispatched_at", "Message sent"],
  ["started_at", "Started"],
  ["updated_at", "Last heartbeat or change"],
  ["deadline_at", "Hard limit"],
  ["completed_at", "Ended"],
];

export function facts(job) {
  const fact = (name, value) =>
    value === null || value === undefined || value === "" ? nothing : html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<section aria-labelledby="facts-title">
    <h2 id="facts-title">All fields of the job</h2>
    <dl class="facts">
      ${fact("Organisation", job.org_id)} ${fact("Project", job.project_id)} ${fact("Source", job.source_id)}
      ${fact("Source address", job.source_uri)} ${fact("Created by", job.created_by)}
      ${TIMES.map(([name, label]) => (job[name] ? fact(label, html`<time datetime=${job[name]}>${inFull(job[name])}</time>`) : nothing))}
      ${fact("Priority", job.priority)} ${fact("Attempt", `${job.attempt} of ${job.max_attempts}`)} ${fact("Lease", job.lease)}
      ${fact("Messages sent since the last change", job.dispatch_count)}
      ${fact("Time limit of an attempt", job.timeout_minutes ? `${job.timeout_minutes} min` : null)}
      ${fact(job.items_are === "pages" ? "Pages" : "Chunks", job.status === "pending" ? null : `${count(job.total_items)}: ${count(job.successful_items)} done, ${count(job.failed_items)} failed`)}
      ${fact("Objects", count(job.objects_found))} ${fact("Types", job.discovered_types.join(", "))}
      ${fact("Coverage", job.coverage === null ? null : `The objects cover ${percent(job.coverage)} of the labelled values and rows in the document. The others were not requested, or not found.`)} ${fact("Extractor", job.extractor)}
      ${fact("Review", job.review_reason)}
      ${job.input_tokens
        ? fact("Model", `${count(job.input_tokens)} tokens in, ${count(job.output_tokens)} out, ${job.cost_usd} USD`)
        : nothing}
    </dl>
    ${Object.keys(job.source_metadata).length ? html`<details><summary>Metadata</summary>${json(job.source_metadata)}</details>` : nothing}
    ${Object.keys(job.extraction_config).length ? html`<details><summary>Requested types and options</summary>${json(job.extraction_config)}</details>` : nothing}
  </section>`;
}
