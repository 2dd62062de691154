// A job's history, by attempt: who, what, why, when.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { count, inFull, span, statusWord } from "./words.js";

const ACTORS = { api: "API", worker: "worker", sweeper: "sweeper", dead_letters: "dead letters", psql: "psql" };

export function timeline(events) {
  if (!events) return nothing;
  return html`<section aria-labelledby="timeline-title">
    <h2 id="timeline-title">Timeline</h2>
    ${byAttempt(events).map(
      (group) =>
        html`<section class="attempt">
          <h3>${heading(group)}</h3>
          <ol class="events">
            ${group.events.map(line)}
          </ol>
        </section>`,
    )}
  </section>`;
}

/** The events between one start and the next; what comes before the first start is a group of its own. */
function byAttempt(events) {
  const groups = [];
  for (const event of events) {
    if (event.to_status === "running" || !groups.length) {
      groups.push({ started: event.to_status === "running" ? event : null, events: [] });
    }
    groups.at(-1).events.push(event);
  }
  return groups;
}

function heading({ started, events }) {
  if (!started) return "Before the first attempt";
  const end = events.find((event) => event.from_status === "running");
  const took = end ? `, ${span((Date.parse(end.at) - Date.parse(started.at)) / 1000)}` : "";
  return `Attempt ${started.attempt} (lease ${started.lease}${took})`;
}

function inWords(value) {
  if (Array.isArray(value)) return value.map(inWords).join(" ");
  if (Number.isInteger(value)) return count(value);
  if (value === null || typeof value !== "object") return String(value);
  return Object.entries(value).map(([name, each]) => `${inWords(each)} ${name}`).join(", ");
}

function line(event) {
  const change =
    event.from_status && event.from_status !== event.to_status
      ? `${statusWord(event.from_status)} → ${statusWord(event.to_status)}`
      : statusWord(event.to_status);
  const who = event.detail?.caller ?? event.detail?.worker ?? event.detail?.role;
  const rest = Object.entries(event.detail ?? {}).filter(
    ([name, value]) => !["caller", "worker", "role"].includes(name) && JSON.stringify(value) !== "[]",
  );
  return html`<li class=${event.to_status}>
    <p>
      <time datetime=${event.at}>${inFull(event.at)}</time>
      <strong>${change}</strong>
      <span class="by">by ${ACTORS[event.actor] ?? event.actor}${who ? html` <code>${who}</code>` : nothing}</span>
    </p>
    <p class="why">${event.reason}</p>
    ${rest.length ? html`<p class="small">${rest.map(([name, value]) => html`<span class="pair">${name}: ${inWords(value)}</span> `)}</p>` : nothing}
  </li>`;
}
