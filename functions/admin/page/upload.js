// A document of the reader's own machine: in the request if it is a small text, else uploaded to the bucket first.

import { ApiError, get, post } from "./api.js";
import { bytes } from "./words.js";

// The API takes up to 6 MB in a request, with all that JSON adds to a text.
const IN_REQUEST = 1_000_000;

/** The file's text; null if it is no text in UTF-8, or a large one. */
export async function smallText(file) {
  if (file.size > IN_REQUEST) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") || text.startsWith("%PDF") ? null : text;
  } catch {
    return null;
  }
}

/** A job's document as the source of another: its address, or the text that was read from it. */
export async function again(job, tenant) {
  const source = { source_type: job.source_type, source_metadata: { ...job.source_metadata, run_again_of: job.id } };
  if (job.source_uri) return { ...source, source_uri: job.source_uri };
  const parts = [];
  let read = 0;
  let whole;
  do {
    const found = await get(`/${job.id}/document`, { ...tenant, start: read });
    whole = found.characters;
    parts.push(found.text);
    read += [...found.text].length;
  } while (read < whole && parts.at(-1));
  if (!read) throw refused("The job's text was deleted. Upload the document again.");
  return { ...source, source_text: parts.join("") };
}

/**
 * Uploads a file; gives its source_uri.
 *
 * @param {File} file
 * @param {string} organisation
 * @param {(share: number) => void} progress is told how much of it is sent, 0 to 1
 */
export async function upload(file, organisation, progress) {
  const form = await post("/uploads", {}, { org_id: organisation, file_name: file.name.slice(-500) || "document" });
  if (file.size > form.max_bytes) {
    throw refused(`The file has ${bytes(file.size)}. The limit is ${bytes(form.max_bytes)}.`);
  }
  const data = new FormData();
  for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
  data.append("file", file);
  await send(form.url, data, progress);
  return form.source_uri;
}

// fetch() does not tell how much is sent.
function send(url, data, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300 ? resolve() : reject(refused(`The bucket refused the file: HTTP ${request.status}.`));
    request.onerror = () =>
      reject(refused("The file could not be uploaded. Check your network. Your own bucket needs a CORS rule that allows POST."));
    request.open("POST", url);
    request.send(data);
  });
}

function refused(rule) {
  return new ApiError(0, rule, [{ field: "source_uri", rule }]);
}
