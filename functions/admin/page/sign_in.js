// The page for those who are not signed in.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { begin, keepPasted, signIn } from "./session.js";

let trouble = null;

/** `why`: what ended the session before, or null. `done` is called when there is a token. */
export function signInView(why, done, draw) {
  const message = trouble ?? why;
  return html`<section class="card narrow">
    <h1>Sign in</h1>
    ${message ? html`<p class="notice bad" role="alert">${message}</p>` : nothing}
    ${signIn()
      ? html`<p>
            <button
              type="button"
              class="primary"
              @click=${() =>
                begin().catch((error) => {
                  trouble = error.message;
                  draw();
                })}
            >
              Sign in
            </button>
          </p>
          <details>
            <summary>Use a token instead</summary>
            ${pasting(done)}
          </details>`
      : html`<p>Paste a token for the API. On a laptop, <code>make up</code> prints one that is valid for an hour.</p>
          ${pasting(done)}`}
    <p class="small">The page sends this token with each request to the API. It keeps the token in this tab only.</p>
  </section>`;
}

function pasting(done) {
  return html`<form
    @submit=${(event) => {
      event.preventDefault();
      const field = event.target.elements.token;
      if (!field.value.trim()) return;
      keepPasted(field.value);
      field.value = "";
      trouble = null;
      done();
    }}
  >
    <label
      >Token
      <textarea
        name="token"
        rows="4"
        autocomplete="off"
        spellcheck="false"
        required
        @keydown=${(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault(); // no token has a second line
          event.target.form.requestSubmit();
        }}
      ></textarea>
    </label>
    <button type="submit" class=${signIn() ? "" : "primary"}>Use this token</button>
  </form>`;
}
