// Calls of the public HTTP API, with the reader's token.

import { freshToken } from "./session.js";

/** What the API refused, in its own words. `status` is 0 where it did not answer; `errors` are {field, rule}. */
export class ApiError extends Error {
  constructor(status, message, errors = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

// Milliseconds that the server's clock is ahead of this one.
let ahead = 0;

/** The server's time, milliseconds: ages are told by its clock, not by the reader's. */
export function now() {
  return Date.now() + ahead;
}

/** GET /extraction-jobs{path}. A list in the query is repeated, null and "" are left out. */
export function get(path, query) {
  return send("GET", `/extraction-jobs${path}${written(query)}`);
}

/** POST /extraction-jobs{path}. With a key, sending the same body again makes nothing twice. */
export function post(path, query, body, key) {
  return send("POST", `/extraction-jobs${path}${written(query)}`, body, key);
}

/** A file that GET /extraction-jobs{path} gives in pages, whole. */
export async function file(path, query) {
  const parts = [];
  let cursor = null;
  do {
    const answer = await call("GET", `/extraction-jobs${path}${written({ ...query, cursor })}`);
    parts.push(await answer.text());
    cursor = answer.headers.get("Next-Cursor");
  } while (cursor);
  return new Blob(parts);
}

/** PUT /extraction-jobs{path}. */
export function put(path, body) {
  return send("PUT", `/extraction-jobs${path}`, body);
}

/** DELETE /extraction-jobs{path}. */
export function remove(path, query) {
  return send("DELETE", `/extraction-jobs${path}${written(query)}`);
}

/** All items of a list, by its cursors; so many at most. */
export async function everything(path, query, most = 2000) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(path, { ...query, cursor, limit: 200 });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && items.length < most);
  return items;
}

function written(query) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of [value].flat()) {
      if (each !== null && each !== undefined && each !== "" && each !== false) found.append(name, each);
    }
  }
  return found.size ? `?${found}` : "";
}

async function send(...request) {
  const answer = await call(...request);
  if (answer.status === 204) return null;
  return answer.json().catch(() => {
    throw new ApiError(answer.status, "The API's answer is not JSON.");
  });
}

/** The answer to a request; whatever is no success is thrown. */
async function call(method, address, body, key) {
  const headers = { Authorization: `Bearer ${await freshToken()}` };
  if (key) headers["Idempotency-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new ApiError(0, "The API does not answer. Check your network.");
  }
  const date = Date.parse(answer.headers.get("Date") ?? "");
  // The header is whole seconds: what is within two is the same clock.
  if (date) ahead = Math.abs(date - Date.now()) > 2000 ? date - Date.now() : 0;
  if (answer.ok) return answer;
  const found = await answer.json().catch(() => null);
  throw new ApiError(answer.status, found?.detail ?? found?.message ?? `The API answered ${answer.status}.`, found?.errors);
}
