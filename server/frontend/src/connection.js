// Says when the server is gone and when it is back; htmx goes on polling meanwhile, so it comes back by itself.

const LOST = "Connection lost, retrying. What is shown is what was last received.";

/** Watch every request's outcome. */
export function watchConnection() {
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, lost);
  document.addEventListener("htmx:afterRequest", (event) => {
    const { status } = /** @type {CustomEvent} */ (event).detail.xhr;
    if (status >= 200 && status < 500) back();
  });
}

function lost() {
  show("lost", LOST);
}

function back() {
  if (document.body.dataset.connection === "lost") show("back", "Connected again.");
}

/**
 * @param {string} state
 * @param {string} text
 */
function show(state, text) {
  const line = document.getElementById("connection");
  if (document.body.dataset.connection === state || !line) return;
  document.body.dataset.connection = state;
  line.textContent = text;
}
