// Which page is shown, to whom, for which project.

import { html, nothing, render } from "./vendor/lit-html/lit-html.js";
import { get } from "./api.js";
import { DetailPage } from "./detail.js";
import { HealthPage } from "./health.js";
import { keysView, pressed, showKeys } from "./keys.js";
import { ListPage } from "./list.js";
import { NewJobPage } from "./new_job.js";
import { failure } from "./parts.js";
import { paused } from "./paused.js";
import { claims, finish, signOut, token } from "./session.js";
import { signInView } from "./sign_in.js";

const root = document.getElementById("app");
const LIST = "/admin/extraction-jobs";

let page = null; // what is shown: it has view(), stop() and title
let projects = null; // what GET /projects answered
let ended = null; // why the reader has to sign in (again)
let trouble = null;
let drawn = false;
let at = null; // the address of what is shown

function draw() {
  if (drawn) return;
  drawn = true;
  queueMicrotask(() => {
    drawn = false;
    render(view(), root);
  });
}

function view() {
  if (!token()) return html`${top()}<main id="content">${signInView(ended, () => open(), draw)}</main>`;
  return html`${top()}
    <main id="content" tabindex="-1">
      ${failure(trouble, () => open())}
      ${page ? html`${paused(page)} ${page.view()}` : trouble ? nothing : html`<p role="status">Loading…</p>`}
    </main>
    ${keysView()}`;
}

function top() {
  const { pathname } = location;
  return html`<a class="skip" href="#content">To the content</a>
    <header class="top">
      <a class="brand" href=${address(LIST)}>Extraction jobs</a>
      ${token()
        ? html`<nav aria-label="Pages">
              <a href=${address(LIST)} aria-current=${pathname.startsWith(LIST) ? "page" : nothing}>Jobs</a>
              <a href=${address("/admin/health")} aria-current=${pathname === "/admin/health" ? "page" : nothing}>Health</a>
            </nav>
            ${chooser()}
            <div class="who">
              <span title="Signed in as">${claims().email ?? claims()["cognito:username"] ?? claims().sub ?? ""}</span>
              <button type="button" class="quiet" @click=${showKeys}>Keys</button>
              <button type="button" @click=${leave}>Sign out</button>
            </div>`
        : nothing}
    </header>`;
}

function chooser() {
  const { org_id: org, project_id: project } = tenant() ?? {};
  if (!projects) return nothing;
  const known = projects.items.some((each) => each.org_id === org && each.project_id === project);
  const choices = known || !org ? projects.items : [{ org_id: org, project_id: project }, ...projects.items];
  return html`<label class="chooser"
    ><span>Project</span>
    <select @change=${(event) => move(event.target, choices)}>
      ${choices.map(
        (each) =>
          html`<option ?selected=${each.org_id === org && each.project_id === project}>
            ${each.org_id} / ${each.project_id}
          </option>`,
      )}
    </select></label
  >`;
}

function move(field, choices) {
  const { org_id: org, project_id: project } = tenant();
  const chosen = choices[field.selectedIndex];
  if (!mayLeave()) field.selectedIndex = choices.findIndex((each) => each.org_id === org && each.project_id === project);
  else go(`${location.pathname === "/admin/health" ? "/admin/health" : LIST}?${new URLSearchParams(chosen)}`);
}

/** The organisation and project in the address, else those looked at last; null if there are none. */
function tenant() {
  const query = new URLSearchParams(location.search);
  if (query.get("org_id") && query.get("project_id")) {
    return { org_id: query.get("org_id"), project_id: query.get("project_id") };
  }
  return JSON.parse(sessionStorage.getItem("tenant") || "null");
}

function address(path) {
  return `${path}?${new URLSearchParams(tenant() ?? {})}`;
}

/** Shows another address of the page's own. */
function go(to, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", to);
  open();
}

/** Asks first if the reader has changed something that is not saved. */
function mayLeave() {
  return !page?.unsaved || confirm("Your changes are not saved. Leave this page?");
}

async function open() {
  at = location.href;
  page?.stop();
  page = null;
  trouble = null;
  draw();
  try {
    if (location.pathname === "/admin/callback") return await comeBack();
    if (!token()) return title("Sign in");
    await show();
  } catch (error) {
    told(error);
  }
}

async function comeBack() {
  try {
    go(await finish(new URLSearchParams(location.search)), { replace: true });
  } catch (error) {
    ended = error.message;
    go(LIST, { replace: true });
  }
}

async function show() {
  const asked = location.href;
  projects ??= await get("/projects");
  const fresh = location.pathname === `${LIST}/new`;
  const job = !fresh && location.pathname.startsWith(`${LIST}/`) ? location.pathname.slice(LIST.length + 1) : null;
  const found = await whose(job);
  if (location.href !== asked) return; // the reader has moved on meanwhile
  sessionStorage.setItem("tenant", JSON.stringify(found));
  const context = { tenant: found, query: new URLSearchParams(location.search), draw, go, address };
  // What a page that is left still hears of is not told on the next one; but a token that has ended has ended.
  context.told = (error) => (page?.context === context || error.status === 401) && told(error);
  if (job) page = new DetailPage(context, job);
  else if (fresh) page = new NewJobPage(context);
  else page = location.pathname === "/admin/health" ? new HealthPage(context) : new ListPage(context);
  title(page.title);
  draw();
}

/** Whose page to show. An address that names a job and no project, as runbooks have it, is looked up. */
async function whose(job) {
  const query = new URLSearchParams(location.search);
  if (job && !(query.get("org_id") && query.get("project_id"))) {
    const [found] = (await get("/projects", { job_id: job })).items;
    if (!found) throw new Error("There is no such job in your projects.");
    return found;
  }
  const last = tenant() ?? projects.items[0];
  if (last) return last;
  const [organisation] = projects.organisations;
  if (organisation) return { org_id: organisation, project_id: "default" };
  throw new Error("Your token names no organisation, so there are no jobs to show.");
}

/** An error that a page met. A token that has ended is not its to deal with. */
function told(error) {
  if (error.status === 401) {
    sessionStorage.removeItem("token");
    ended = "Your session has ended, or the token was not accepted.";
    page?.stop();
    page = null;
    projects = null;
    title("Sign in");
  } else if (page) {
    page.error = error;
  } else {
    trouble = error;
  }
  draw();
}

function title(text) {
  document.title = `${text} – Extraction jobs`;
}

async function leave() {
  if (!mayLeave()) return;
  page?.stop();
  page = null;
  projects = null;
  ended = null;
  const issuer = await signOut();
  sessionStorage.removeItem("tenant");
  if (issuer) return location.assign(issuer);
  go(LIST, { replace: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/admin/']");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (!mayLeave()) return;
  go(link.getAttribute("href"));
  window.scrollTo(0, 0);
  document.getElementById("content")?.focus({ preventScroll: true });
});
document.addEventListener("keydown", (event) => token() && pressed(event, () => page?.polls?.forEach((poll) => poll.soon())));
window.addEventListener("beforeunload", (event) => page?.unsaved && event.preventDefault());
window.addEventListener("popstate", () => (mayLeave() ? open() : history.pushState(null, "", at)));
// Ages grow older without anything being asked.
setInterval(() => !document.hidden && page && draw(), 1000);

root.textContent = "";
open();

