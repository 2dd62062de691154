// How figures, ages and times read.

const whole = new Intl.NumberFormat();
const decimal = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, {
  ...{ year: "numeric", month: "short", day: "numeric" },
  ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
});

export const STATUSES = ["pending", "running", "requires_review", "completed", "failed", "cancelled"];

/** "requires_review" as a person says it. */
export function statusWord(status) {
  return status.replaceAll("_", " ");
}

export function count(number) {
  return whole.format(number);
}

export function rounded(number) {
  return decimal.format(number);
}

/** "1 job", "2 jobs". */
export function many(number, noun, plural = `${noun}s`) {
  return `${count(number)} ${number === 1 ? noun : plural}`;
}

/** A size of a file: "812 bytes", "40 kB", "1.2 MB". */
export function bytes(number) {
  if (number < 1000) return `${count(number)} bytes`;
  return number < 1e6 ? `${count(Math.round(number / 1000))} kB` : `${decimal.format(number / 1e6)} MB`;
}

export function percent(share) {
  return `${decimal.format(share * 100)} %`;
}

/** A length of time in the two largest units that say something: "12 s", "3 min", "2 h 5 min", "4 d 3 h". */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${hours / 24} d`;
}

/** Seconds from a time of the API's until `now` (milliseconds). */
export function since(time, now) {
  return (now - Date.parse(time)) / 1000;
}

export function ago(time, now) {
  const seconds = since(time, now);
  return seconds < 1 ? "just now" : `${span(seconds)} ago`;
}

/** A time in full, in the reader's own zone, which it names. */
export function inFull(time) {
  return clock.format(new Date(time));
}

/** What to call a job: the source's own name, else its address, else its id. */
export function nameOf(job) {
  return job.source_id || job.source_uri || `Job ${shortId(job.id)}`;
}

/** A long name without its middle: the end, where the file's name stands, is kept. */
export function cut(name) {
  const letters = [...name];
  return letters.length > 60 ? `${letters.slice(0, 19).join("")}…${letters.slice(-40).join("")}` : name;
}

/** The end of an id: its beginning is the time, and the same for jobs made together. */
export function shortId(id) {
  return `…${id.slice(-8)}`;
}
