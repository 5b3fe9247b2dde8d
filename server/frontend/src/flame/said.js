// What is told of a function in words and numbers.

/**
 * @param {number} share
 * @returns {string} such as 12.3 %
 */
export function percent(share) {
  const size = Math.abs(share);
  return size > 0 && size < 0.0005 ? `${share < 0 ? "-" : ""}<0.1 %` : `${(share * 100).toFixed(1)} %`;
}

/**
 * @param {number} now
 * @param {number} before
 * @returns {string} such as +4.2, in points of a hundred
 */
export function points(now, before) {
  const found = ((now - before) * 100).toFixed(1);
  return found === "0.0" || found === "-0.0" ? "±0.0" : found.startsWith("-") ? found : `+${found}`;
}

/** @param {number} samples */
export function many(samples) {
  return samples.toLocaleString("en");
}

/**
 * @param {import("./functions.js").Functions} functions
 * @param {import("./layout.js").Layout} layout
 * @param {number} node
 * @returns {string} everything about a node
 */
export function told(functions, { tree, totals, scales, weights }, node) {
  const called = tree.functions[node];
  const module = functions.modules[called];
  const share = totals[0][node] * scales[0];
  const parts = [
    `${functions.names[called]}${module ? ` in ${module}` : ""}`,
    `${percent(share)} of all: ${many(totals[0][node])} samples${tree.turned ? "" : `, ${many(tree.own[0][node])} of them in itself`}`,
  ];
  const parent = tree.parents[node];
  if (parent > 0 && weights[parent] && !tree.turned) parts.push(`${percent(weights[node] / weights[parent])} of ${functions.names[tree.functions[parent]]}`);
  if (scales[1]) {
    const before = totals[1][node] * scales[1];
    parts.push(`compared with ${percent(before)}: ${points(share, before)} points`);
  }
  return parts.join(" · ");
}
