// The colours of a flamegraph, from the tokens of the theme: text can be read on each of them.
import { colour } from "../theme.js";

/** Kind of function to token. */
export const KINDS = /** @type {Record<string, string>} */ ({
  user: "heat-3",
  kernel: "heat-4",
  jit: "heat-2",
  python: "heat-1",
  unknown: "heat-0",
  process: "raised",
  thread: "raised",
  all: "raised",
});
/** What people call the kinds, in the order of the legend. */
export const KIND_NAMES = /** @type {[string, string][]} */ ([
  ["user", "program or library"],
  ["kernel", "kernel"],
  ["jit", "made while running (JIT)"],
  ["python", "Python"],
  ["unknown", "no name"],
]);
const RANKED = ["heat-3", "heat-1", "heat-4", "heat-2", "heat-5"];
const TOKENS = ["heat-0", "heat-1", "heat-2", "heat-3", "heat-4", "heat-5", "raised", "panel", "text", "dim", "accent", "line"];

/** @returns {Record<string, string>} token to colour, as the theme has it now */
export function palette() {
  return Object.fromEntries(TOKENS.map((token) => [token, colour(token)]));
}

/**
 * A colour for each of the modules that took the most; the others share one.
 * @param {import("./functions.js").Functions} functions
 * @param {import("./layout.js").Line[]} lines
 * @returns {Map<string, string>} module to token, the one with the most first
 */
export function moduleColours(functions, lines) {
  /** @type {Map<string, number>} */
  const taken = new Map();
  for (const { called, self } of lines) {
    const module = functions.modules[called];
    taken.set(module, (taken.get(module) ?? 0) + self[0] + self[1]);
  }
  const first = [...taken].sort((a, b) => b[1] - a[1]).slice(0, RANKED.length);
  return new Map(first.map(([module], rank) => [module, RANKED[rank]]));
}
