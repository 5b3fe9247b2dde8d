// From profiles to the tree that is shown: which threads count, what stands at the top, what is folded together.
import { ROOT } from "./tree.js";

/**
 * A profile as the server gives it out.
 * @typedef {object} Profile
 * @property {[string, string, import("./functions.js").Kind][]} frames name, module, kind
 * @property {number[]} parents
 * @property {number[]} functions
 * @property {[number, number, string, string][]} threads pid, tid, process, name
 * @property {[number, number, number][]} counts thread, stack, samples
 * @property {number} samples
 * @property {string} event what a sample is counted by
 */

/**
 * Put the stacks of a profile into a tree.
 * @param {import("./tree.js").Tree} tree
 * @param {import("./functions.js").Functions} functions
 * @param {Profile} profile
 * @param {object} how
 * @param {number} how.side 0: the profile, 1: the one it is compared with
 * @param {(thread: number) => boolean} how.keeps which threads count
 * @param {boolean} how.grouped whether processes stand at the top
 * @param {boolean} how.collapsed whether a function that calls itself is shown once
 */
export function grow(tree, functions, profile, { side, keeps, grouped, collapsed }) {
  const { frames, parents, functions: called, threads, counts } = profile;
  const numbers = frames.map(([name, module, kind]) => functions.add(name, module, kind));
  const place = new Int32Array(parents.length);
  const seen = new Int32Array(parents.length).fill(-1);
  const above = [];
  for (const [thread, stack, samples] of counts) {
    if (!keeps(thread)) continue;
    const group = grouped ? tree.child(ROOT, functions.add(titled(threads[thread]), "", "process")) : ROOT;
    let node = stack;
    while (node >= 0 && seen[node] !== group) {
      above.push(node);
      node = parents[node];
    }
    let here = node >= 0 ? place[node] : group;
    while (above.length) {
      const next = /** @type {number} */ (above.pop());
      const number = numbers[called[next]];
      if (!collapsed || here === group || tree.functions[here] !== number) here = tree.child(here, number);
      seen[next] = group;
      place[next] = here;
    }
    tree.own[side][here] += samples;
  }
}

/** @param {[number, number, string, string]} thread */
function titled([pid, , process]) {
  return `${process || "process"} ${pid}`;
}

/**
 * The same stacks from their other end: what was running at the top, its callers below.
 * @template {import("./tree.js").Tree} T
 * @param {import("./tree.js").Tree} from
 * @param {T} into an empty tree
 * @returns {T}
 */
export function inverted(from, into) {
  into.turned = true;
  for (let node = 1; node < from.size; node++) climb(from, into, node, [from.own[0][node], from.own[1][node]]);
  return into;
}

/**
 * The callers of one function, from it outwards; each sample counts once however often the function calls itself.
 * @template {import("./tree.js").Tree} T
 * @param {import("./tree.js").Tree} from
 * @param {number} called the function's number
 * @param {T} into an empty tree
 * @returns {T}
 */
export function callers(from, called, into) {
  const [first, second] = from.totals();
  into.turned = true;
  for (const node of outermost(from, called)) climb(from, into, node, [first[node], second[node]]);
  return into;
}

/**
 * What one function calls, from it inwards.
 * @template {import("./tree.js").Tree} T
 * @param {import("./tree.js").Tree} from
 * @param {number} called the function's number
 * @param {T} into an empty tree
 * @returns {T}
 */
export function callees(from, called, into) {
  const place = new Int32Array(from.size).fill(-1);
  for (let node = 1; node < from.size; node++) {
    const parent = place[from.parents[node]];
    if (parent < 0 && from.functions[node] !== called) continue;
    place[node] = into.child(Math.max(parent, ROOT), from.functions[node]);
    into.own.forEach((own, side) => (own[place[node]] += from.own[side][node]));
  }
  return into;
}

/**
 * @param {import("./tree.js").Tree} tree
 * @param {number} called
 * @returns {number[]} the nodes of a function that are below no other node of it
 */
export function outermost(tree, called) {
  const within = new Uint8Array(tree.size);
  const found = [];
  for (let node = 1; node < tree.size; node++) {
    const is = tree.functions[node] === called;
    if (is && !within[tree.parents[node]]) found.push(node);
    within[node] = Number(is || within[tree.parents[node]]);
  }
  return found;
}

/**
 * @param {import("./tree.js").Tree} from
 * @param {import("./tree.js").Tree} into
 * @param {number} node
 * @param {number[]} samples of either side
 */
function climb(from, into, node, samples) {
  if (!samples[0] && !samples[1]) return;
  let here = ROOT;
  for (let at = node; at > 0; at = from.parents[at]) here = into.child(here, from.functions[at]);
  into.own.forEach((own, side) => (own[here] += samples[side]));
}
