// Looking back: a moment is chosen with a slider, a key or a link, and stands in the page's address.
import { offer } from "./actions.js";
import { age } from "./ages.js";
import { serverNow } from "./moments.js";
import { clock } from "./zones.js";

const RESTING = 350;
const RETURNING = 5000;
const KEPT = "gobs.slider";
let timer = 0;

/** Offer the steps through time, where the page has a past. */
export function lookBack() {
  const bar = document.getElementById("timebar");
  const slider = bar?.querySelector("input[type=range]");
  if (!(bar instanceof HTMLElement) || !(slider instanceof HTMLInputElement)) return;
  const { at } = bar.dataset;
  offer("now", () => (at ? go(undefined) : false));
  offer("earlier", () => step(bar, -1));
  offer("later", () => (at ? step(bar, 1) : false));
  slider.addEventListener("input", () => {
    tell(bar, Number(slider.value));
    window.clearTimeout(timer);
    timer = window.setTimeout(() => choose(bar, Number(slider.value), true), RESTING);
  });
  bar.addEventListener("click", (event) => obey(bar, event));
  if (at) tell(bar, Number(at));
  resume(slider);
}

/**
 * @param {HTMLElement} bar
 * @param {MouseEvent} event
 */
function obey(bar, event) {
  const link = /** @type {Element} */ (event.target).closest?.("[data-moment], [data-against]");
  if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const { moment, against } = link.dataset;
  if (moment === "") go(undefined);
  else if (moment) choose(bar, serverNow() / 1000 - Number(moment), false);
  else if (against) go(Number(bar.dataset.at), link.hasAttribute("aria-current") ? undefined : Number(against));
}

/**
 * @param {HTMLElement} bar
 * @param {number} by
 */
function step(bar, by) {
  const { at, step: size = "5" } = bar.dataset;
  choose(bar, (at ? Number(at) : serverNow() / 1000) + by * Math.max(1, Math.round(Number(size))), false);
}

/**
 * @param {HTMLElement} bar
 * @param {number} moment seconds since 1970; one that is not yet is now
 * @param {boolean} sliding whether the slider has the focus, and should have it again
 */
function choose(bar, moment, sliding) {
  const now = serverNow() / 1000;
  const first = Number(bar.dataset.first);
  if (sliding) window.sessionStorage.setItem(KEPT, String(Date.now()));
  if (moment >= now - 1) go(undefined);
  else go(Math.max(moment, first));
}

/**
 * @param {number | undefined} at seconds since 1970; undefined: now
 * @param {number} [against]
 */
function go(at, against) {
  const url = new URL(window.location.href);
  for (const name of ["at", "against", "from", "to"]) url.searchParams.delete(name);
  if (at !== undefined) url.searchParams.set("at", written(at));
  if (against !== undefined) url.searchParams.set("against", written(against));
  window.location.assign(url.href.replaceAll("%3A", ":").replaceAll("%2C", ","));
}

/** @param {number} at */
function written(at) {
  return `${new Date(Math.floor(at) * 1000).toISOString().slice(0, 19)}Z`;
}

/**
 * @param {HTMLElement} bar
 * @param {number} moment
 */
function tell(bar, moment) {
  const words = bar.querySelector(".when");
  const slider = bar.querySelector("input[type=range]");
  const ago = serverNow() / 1000 - moment;
  const text = `${clock(moment * 1000)}, ${age(ago)}`;
  if (words) words.textContent = text;
  slider?.setAttribute("aria-valuetext", text);
}

/** @param {HTMLInputElement} slider is used by keys: it has the focus again on the page it led to */
function resume(slider) {
  const left = Number(window.sessionStorage.getItem(KEPT));
  window.sessionStorage.removeItem(KEPT);
  if (Date.now() - left < RETURNING) slider.focus({ preventScroll: true });
}
