// Says when the server is gone and when it is back; htmx goes on polling meanwhile, so it comes back by itself.

const KEPT = "What is shown is what was last received.";

/** Watch every request's outcome. */
export function watchConnection() {
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => show("lost", `Connection lost, retrying. ${KEPT}`));
  }
  document.addEventListener("htmx:responseError", (event) => {
    show("lost", `The server answers with an error (${status(event)}), retrying. ${KEPT}`);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (status(event) >= 200 && status(event) < 400 && document.body.dataset.connection === "lost") {
      show("back", "Connected again.");
    }
  });
}

/**
 * @param {Event} event
 * @returns {number}
 */
function status(event) {
  return /** @type {CustomEvent} */ (event).detail.xhr.status;
}

/**
 * @param {string} state
 * @param {string} text
 */
function show(state, text) {
  const line = document.getElementById("connection");
  if (!line || line.textContent === text) return;
  document.body.dataset.connection = state;
  line.textContent = text;
}
