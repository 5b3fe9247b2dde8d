// Turns moments into ages that grow, by the server's clock: a page that gets no news still says how old it is.

let ahead = 0; // seconds the server's clock is ahead of this one

/** Keep every moment's age up to date. */
export function keepAges() {
  document.addEventListener("htmx:afterRequest", (event) => {
    const date = /** @type {CustomEvent} */ (event).detail.xhr.getResponseHeader("Date");
    const offset = date ? (Date.parse(date) - Date.now()) / 1000 + 0.5 : 0;
    if (Math.abs(offset - ahead) > 2) ahead = offset;
  });
  document.addEventListener("htmx:afterSettle", write);
  setInterval(write, 1000);
  write();
}

function write() {
  const now = Date.now() / 1000 + ahead;
  for (const time of document.querySelectorAll("time[data-age]")) {
    const text = age(now - Number(/** @type {HTMLElement} */ (time).dataset.age));
    if (time.textContent !== text) time.textContent = text;
  }
}

/** @param {number} seconds */
export function age(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 1) return "now";
  if (whole < 60) return `${whole} s ago`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ago`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min ago`;
  return `${Math.floor(whole / 86400)} d ago`;
}
