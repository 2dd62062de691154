// Stacked columns, as SVG; the same figures as a table beside it for whoever cannot see them.

import { html, nothing, svg } from "./vendor/lit-html/lit-html.js";
import { count, inFull, many, STATUSES, statusWord } from "./words.js";

// The columns stretch to whatever room there is; what is written stands beside the picture, and does not.
const WIDTH = 1000;
const HEIGHT = 100;

/** @param {{starts_at: string, counts: Object<string, number>}[]} items */
export function chart(items, label) {
  const sums = items.map((item) => STATUSES.reduce((sum, status) => sum + item.counts[status], 0));
  const top = nice(Math.max(1, ...sums));
  const slot = WIDTH / items.length;
  const columns = items.map((item, n) => {
    let below = HEIGHT;
    const title = `${inFull(item.starts_at)}: ${many(sums[n], "job")}`;
    return svg`<g><title>${title}</title>${STATUSES.filter((status) => item.counts[status]).map((status) => {
      const height = (item.counts[status] / top) * HEIGHT;
      below -= height;
      return svg`<rect class=${status} x=${(n + 0.1) * slot} y=${below} width=${slot * 0.8} height=${height}></rect>`;
    })}</g>`;
  });
  const shown = [0, Math.floor((items.length - 1) / 2), items.length - 1];
  return html`<figure class="chart">
    <div class="ends"><span>${many(top, "job")}</span></div>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${`${label}. ${many(sums.reduce((a, b) => a + b, 0), "job")} in all; the table below has the figures.`}>
      <line class="line" x1="0" x2=${WIDTH} y1=${HEIGHT / 2} y2=${HEIGHT / 2}></line>
      ${columns}
    </svg>
    <div class="ends">${shown.map((n) => html`<span>${short(items[n].starts_at, items)}</span>`)}</div>
    <figcaption>
      <ul class="legend">
        ${STATUSES.map((status) => html`<li><span class="swatch ${status}"></span>${statusWord(status)}</li>`)}
      </ul>
      <details>
        <summary>As a table</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Jobs over time">
          <table>
            <thead>
              <tr><th scope="col">From</th>${STATUSES.map((status) => html`<th scope="col">${statusWord(status)}</th>`)}</tr>
            </thead>
            <tbody>
              ${items.map((item, n) => (sums[n] ? html`<tr><th scope="row">${inFull(item.starts_at)}</th>${STATUSES.map((status) => html`<td>${count(item.counts[status])}</td>`)}</tr>` : nothing))}
            </tbody>
          </table>
        </div>
      </details>
    </figcaption>
  </figure>`;
}

/** The next of 1, 2, 4, 5, 10, 20, … : its half is a whole number more often than not. */
function nice(number) {
  const power = 10 ** Math.floor(Math.log10(number));
  return [1, 2, 4, 5, 10].map((step) => step * power).find((step) => step >= number);
}

function short(moment, items) {
  const whole = Date.parse(items.at(-1).starts_at) - Date.parse(items[0].starts_at) > 2 * 86_400_000;
  // Days are cut in UTC, so they are named in UTC.
  const parts = whole ? { day: "numeric", month: "short", timeZone: "UTC", timeZoneName: "short" } : { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  return new Intl.DateTimeFormat(undefined, parts).format(new Date(moment));
}
