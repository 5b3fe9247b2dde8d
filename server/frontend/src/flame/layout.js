// Where each node of a tree lies: how wide, how deep, the widest first; and what of it is one function's.
import { ROOT } from "./tree.js";

/**
 * @typedef {object} Layout
 * @property {import("./tree.js").Tree} tree
 * @property {Float64Array[]} totals samples below each node, of either side
 * @property {number[]} scales what makes a side's samples a share of all of it
 * @property {Float64Array} weights how wide each node is
 * @property {Float64Array} lefts where each begins, in the same measure
 * @property {Int32Array} depths
 * @property {Int32Array} starts where a node's children begin in `children`; the next node's start is their end
 * @property {Int32Array} children
 * @property {number} deepest
 */

/**
 * @param {import("./tree.js").Tree} tree
 * @param {number[]} all samples that count as the whole of either side; 0: there is no such side
 * @returns {Layout}
 */
export function lay(tree, all) {
  const { size, parents } = tree;
  const totals = tree.totals();
  const sides = all.filter(Boolean).length || 1;
  const scales = all.map((one) => (one ? 1 / one : 0));
  const weights = totals[0].map((one, node) => (one * scales[0] + totals[1][node] * scales[1]) / sides);
  const [starts, children] = families(tree);
  for (let node = 0; node < size; node++) {
    const end = starts[node + 1];
    if (end - starts[node] > 1) children.subarray(starts[node], end).sort((a, b) => weights[b] - weights[a] || a - b);
  }
  const lefts = new Float64Array(size);
  const depths = new Int32Array(size);
  let deepest = 0;
  for (let node = 0; node < size; node++) {
    if (node) depths[node] = depths[parents[node]] + 1;
    deepest = Math.max(deepest, depths[node]);
    let left = lefts[node];
    for (let at = starts[node]; at < starts[node + 1]; at++) {
      lefts[children[at]] = left;
      left += weights[children[at]];
    }
  }
  return { tree, totals, scales, weights, lefts, depths, starts, children, deepest };
}

/**
 * @param {import("./tree.js").Tree} tree
 * @returns {[Int32Array, Int32Array]} where each node's children begin, and the children
 */
function families({ size, parents }) {
  const starts = new Int32Array(size + 2);
  for (let node = 1; node < size; node++) starts[parents[node] + 2]++;
  for (let node = 2; node < size + 2; node++) starts[node] += starts[node - 1];
  const children = new Int32Array(Math.max(size - 1, 0));
  for (let node = 1; node < size; node++) children[starts[parents[node] + 1]++] = node;
  return [starts.subarray(0, size + 1), children];
}

/**
 * How much of the whole is below functions that match, each sample once.
 * @param {Layout} layout
 * @param {Uint8Array} matching by function
 * @returns {number} a share, 0 to 1
 */
export function shareOf({ tree, weights }, matching) {
  const within = new Uint8Array(tree.size);
  let found = 0;
  for (let node = 1; node < tree.size; node++) {
    const above = within[tree.parents[node]];
    const is = matching[tree.functions[node]];
    if (is && !above) found += weights[node];
    within[node] = is | above;
  }
  return weights[ROOT] ? found / weights[ROOT] : 0;
}

/**
 * @typedef {object} Line one function and its samples: in itself, and in all it calls
 * @property {number} called
 * @property {number[]} self of either side
 * @property {number[]} total of either side
 */

/**
 * @param {Layout} layout
 * @param {number} count how many functions there are
 * @returns {Line[]} every function that has samples
 */
export function functionLines({ tree, totals }, count) {
  /** @type {(Line | undefined)[]} */
  const lines = new Array(count);
  const open = new Int32Array(count); // how many nodes above are of that function
  walk(tree, (node, entering) => {
    const called = tree.functions[node];
    if (!entering) return void open[called]--;
    const line = (lines[called] ??= { called, self: [0, 0], total: [0, 0] });
    for (const side of [0, 1]) {
      line.self[side] += tree.own[side][node];
      if (!open[called]) line.total[side] += totals[side][node];
    }
    open[called]++;
  });
  return lines.flatMap((line) => (line && line.called > 0 && line.total[0] + line.total[1] > 0 ? [line] : []));
}

/**
 * Go through a tree from the root: into each node, and out of it after all below.
 * @param {import("./tree.js").Tree} tree
 * @param {(node: number, entering: boolean) => void} visit
 */
function walk(tree, visit) {
  const [starts, children] = families(tree);
  const path = [ROOT];
  const at = [starts[ROOT]];
  while (path.length) {
    const node = path[path.length - 1];
    const next = at[at.length - 1]++;
    if (next < starts[node + 1]) {
      visit(children[next], true);
      path.push(children[next]);
      at.push(starts[children[next]]);
    } else {
      if (node !== ROOT) visit(node, false);
      path.pop();
      at.pop();
    }
  }
}
