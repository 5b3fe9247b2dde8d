// Writes every moment of a page as its reader wants it: an age that grows, by the server's clock, or a time of the
// reader's zone. A page that gets no news still says how old it is.
import { age } from "./ages.js";
import { both, local } from "./zones.js";

const WORTH = 2; // seconds the clocks must be apart before that counts
let ahead = 0; // seconds the server's clock is ahead of this one

/** Keep every moment right, and write those that come with news before they are painted. */
export function keepMoments() {
  document.addEventListener("htmx:afterRequest", (event) => {
    listen(/** @type {CustomEvent} */ (event).detail.xhr.getResponseHeader("Date"));
  });
  const watch = new MutationObserver((changes) => renew(new Set(changes.flatMap(moments))));
  const renew = (/** @type {Iterable<Element>} */ times) => {
    for (const time of times) write(time);
    watch.takeRecords(); // what was just written is no news
  };
  watch.observe(document.body, { childList: true, characterData: true, subtree: true });
  setInterval(() => renew(document.querySelectorAll("time[data-age]")), 1000);
  renew(document.querySelectorAll("time"));
  document.addEventListener("pointerover", ({ target }) => explain(/** @type {Element} */ (target)));
}

/**
 * The server's clock, as far as is known.
 * @returns {number} milliseconds since 1970
 */
export function serverNow() {
  return Date.now() + ahead * 1000;
}

/** @param {string | null} date the server's own, of an answer that has just come */
function listen(date) {
  const offset = date ? (Date.parse(date) - Date.now()) / 1000 + 0.5 : 0;
  if (Math.abs(offset - ahead) > WORTH) ahead = offset;
}

/**
 * @param {MutationRecord} change
 * @returns {Element[]}
 */
function moments({ target, addedNodes }) {
  const around = (target instanceof Element ? target : target.parentElement)?.closest("time");
  if (around) return [around];
  return [...addedNodes].flatMap((node) =>
    node instanceof Element ? (node.matches("time") ? [node] : [...node.querySelectorAll("time")]) : [],
  );
}

/** @param {Element} time */
function write(time) {
  const at = moment(time);
  if (Number.isNaN(at)) return;
  const aged = /** @type {HTMLElement} */ (time).dataset.age;
  const text = aged ? age(serverNow() / 1000 - Number(aged)) : local(at, serverNow());
  const there = time.firstChild;
  if (!(there instanceof Text)) time.textContent = text;
  else if (there.data !== text) there.data = text;
}

/** @param {Element} target */
function explain(target) {
  const time = target.closest("time");
  const at = time ? moment(time) : NaN;
  if (time && !Number.isNaN(at)) time.title = both(at);
}

/** @param {Element} time */
function moment(time) {
  return time instanceof HTMLTimeElement ? Date.parse(time.dateTime) : NaN;
}
