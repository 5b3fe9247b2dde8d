// The time all charts of a page show, which is in its address: the newest `range` seconds, or from one moment to another.

/**
 * @typedef {object} Span
 * @property {number} range seconds up to now; used where nothing is fixed
 * @property {{ from: number, to: number } | null} fixed seconds since 1970
 */

const LEAST = 1;
const YOUNG = 60;
/** Seconds of a span at most, and between which moments one may lie: what is beyond cannot be meant. */
const MOST = 366 * 86400;
const FIRST = 1e9;
const LAST = 4e9;

/**
 * @param {string} query of the address
 * @param {{ usual: number, most: number, at: number | null, now?: number }} page `at` is the moment it shows, around
 *   which the span lies as far as time has come
 * @returns {Span}
 */
export function spanOf(query, { usual, most, at, now = Infinity }) {
  const given = new URLSearchParams(query);
  const [from, to] = [Number(given.get("from") || NaN), Number(given.get("to") || NaN)];
  const asked = given.get("range") === "all" ? most : Number(given.get("range") || NaN);
  const range = asked >= LEAST && asked <= MOST ? asked : usual;
  if (from >= FIRST && to - from >= LEAST && to - from <= MOST && to < LAST) return { range, fixed: { from, to } };
  if (at === null) return { range, fixed: null };
  const end = Math.max(at, Math.min(at + range / 2, now));
  return { range, fixed: { from: end - range, to: end } };
}

/**
 * The time that is looked at. A span of so many seconds begins where what is shown began: before that there is nothing.
 * @param {Span} span
 * @param {number} now
 * @param {number} begins when that was; -Infinity: before the span
 * @returns {{ from: number, to: number }}
 */
export function lookedAt({ range, fixed }, now, begins) {
  return fixed ?? { from: Math.max(now - range, Math.min(begins, now - YOUNG)), to: now };
}

/**
 * @param {string} address
 * @param {{ range?: string, from?: number, to?: number }} wanted
 * @returns {string} the address with another span and everything else as it is
 */
export function withSpan(address, wanted) {
  const url = new URL(address);
  for (const name of ["from", "to"]) url.searchParams.delete(name);
  if (wanted.range) url.searchParams.set("range", wanted.range);
  if (wanted.from !== undefined && wanted.to !== undefined) {
    url.searchParams.set("from", wanted.from.toFixed(1));
    url.searchParams.set("to", wanted.to.toFixed(1));
  }
  return url.href;
}
