// Who looks at the page: the token, and where it comes from. OIDC code flow with PKCE, or a token that is pasted.
// The token lives in this tab's own storage and ends with it.

const settings = JSON.parse(document.getElementById("app").dataset.settings);
const store = window.sessionStorage;
// A token that ends within this is renewed, milliseconds.
const EARLY = 60_000;

/** The issuer, client and scopes to sign in with; null where a token is pasted. */
export function signIn() {
  return settings.signIn;
}

// The limits of two alarms, beyond which there is a problem here too.
/** Of FailureRate: percent of the jobs that end. */
export const failurePercent = settings.failurePercent;
/** Of OldestPending: how long a job waits. */
export const pendingMinutes = settings.pendingMinutes;

export function token() {
  return store.getItem("token");
}

/** What the token says of its bearer, to be shown; the API alone decides what it is worth. */
export function claims() {
  try {
    const payload = token().split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (c) => c.codePointAt(0))));
  } catch {
    return {};
  }
}

export function keepPasted(text) {
  // People copy the header or the export line along.
  store.setItem("token", text.trim().replace(/^(export\s+)?(TOKEN=|Authorization:\s*)?(Bearer\s+)?/i, ""));
  store.removeItem("renewal");
}

/** Forgets the token; gives the issuer's address to go on to, or null. */
export async function signOut() {
  const pasted = !store.getItem("renewal") && !store.getItem("signed-in");
  for (const name of ["token", "renewal", "signed-in"]) store.removeItem(name);
  if (pasted || !settings.signIn) return null;
  const { end_session_endpoint: end } = await discover().catch(() => ({}));
  if (!end) return null;
  const back = `${location.origin}/admin/extraction-jobs`;
  return withQuery(end, {
    client_id: settings.signIn.client,
    post_logout_redirect_uri: back,
    logout_uri: back, // Cognito's own name for it
  });
}

/** Goes to the issuer, which comes back to /admin/callback. */
export async function begin() {
  const { authorization_endpoint: address } = await discover();
  const verifier = random();
  const state = random();
  const back = location.pathname === "/admin/callback" ? "/admin/extraction-jobs" : location.pathname + location.search;
  store.setItem("begun", JSON.stringify({ verifier, state, back }));
  location.assign(
    withQuery(address, {
      response_type: "code",
      client_id: settings.signIn.client,
      redirect_uri: callback(),
      scope: settings.signIn.scopes,
      state,
      code_challenge: await challenge(verifier),
      code_challenge_method: "S256",
    }),
  );
}

/** Takes what the issuer came back with; gives the address to go on to. Throws with a sentence for the reader. */
export async function finish(query) {
  const begun = JSON.parse(store.getItem("begun") || "null");
  store.removeItem("begun");
  if (query.get("error")) throw new Error(query.get("error_description") || query.get("error"));
  if (!begun || query.get("state") !== begun.state) {
    throw new Error("This sign-in did not start in this tab. Sign in again.");
  }
  const found = await discover();
  if (query.get("iss") && query.get("iss") !== found.issuer) throw new Error("The answer comes from another issuer.");
  await fetchTokens(found, {
    grant_type: "authorization_code",
    code: query.get("code"),
    redirect_uri: callback(),
    code_verifier: begun.verifier,
  });
  return begun.back;
}

/** Renews a token that is about to end, where the issuer allows it. */
export async function freshToken() {
  const ends = (claims().exp ?? Infinity) * 1000;
  if (ends - Date.now() < EARLY && store.getItem("renewal")) {
    renewing ??= renew().finally(() => (renewing = null));
    await renewing;
  }
  return token();
}

let renewing = null;

async function renew() {
  const renewal = store.getItem("renewal");
  try {
    await fetchTokens(await discover(), { grant_type: "refresh_token", refresh_token: renewal });
  } catch {
    store.removeItem("renewal"); // the API will say that the token has ended
  }
}

async function fetchTokens(found, fields) {
  const answer = await fetch(found.token_endpoint, {
    method: "POST",
    body: new URLSearchParams({ client_id: settings.signIn.client, ...fields }),
  });
  const tokens = await answer.json().catch(() => ({}));
  const wanted = tokens[settings.signIn.token];
  if (!answer.ok || !wanted) {
    throw new Error(tokens.error_description || tokens.error || "The issuer returned no token.");
  }
  store.setItem("token", wanted);
  store.setItem("signed-in", "yes");
  if (tokens.refresh_token) store.setItem("renewal", tokens.refresh_token);
}

async function discover() {
  const { issuer } = settings.signIn;
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`).catch(() => null);
  if (!answer?.ok) throw new Error("The issuer does not answer. Try again.");
  const found = await answer.json();
  if (found.issuer.replace(/\/$/, "") !== issuer) throw new Error("The issuer's discovery document names another issuer than the settings.");
  return found;
}

function callback() {
  return `${location.origin}/admin/callback`;
}

function withQuery(address, query) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challenge(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
