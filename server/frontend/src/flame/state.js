// How a profile is looked at, as the address says it: kept, sent to others, and the same for them.

/**
 * @typedef {object} State
 * @property {"graph" | "functions" | "sandwich"} view
 * @property {string} q what is searched for
 * @property {string} of which threads count: "", "name:NAME", "pid:PID" or "tid:PID/TID"
 * @property {"kind" | "module"} colour
 * @property {boolean} invert
 * @property {boolean} icicle whether the root is at the top
 * @property {boolean} collapse
 * @property {boolean} group
 * @property {string} against the profile it is compared with
 * @property {number[]} zoom the functions from the root to the node that is zoomed to, each as its place among its sisters
 * @property {string} focus the function of the sandwich, as kind, module and name
 */

const VIEWS = ["graph", "functions", "sandwich"];
const FLAGS = /** @type {const} */ (["invert", "collapse", "group"]);
const DEEPEST = 600;

/**
 * @param {string} search the query of an address
 * @returns {State}
 */
export function stateOf(search) {
  const asked = new URLSearchParams(search);
  const text = (/** @type {string} */ name) => asked.get(name) ?? "";
  const flag = (/** @type {string} */ name) => text(name) === "1";
  return {
    view: /** @type {State["view"]} */ (VIEWS.includes(text("view")) ? text("view") : "graph"),
    q: text("q"),
    of: text("of"),
    colour: text("colour") === "module" ? "module" : "kind",
    invert: flag("invert"),
    icicle: text("root") !== "bottom",
    collapse: flag("collapse"),
    group: flag("group"),
    against: text("against"),
    zoom: places(text("zoom")),
    focus: text("focus"),
  };
}

/**
 * @param {State} state
 * @returns {string} the query of its address; empty where everything is as usual
 */
export function searchOf(state) {
  const said = new URLSearchParams();
  if (state.view !== "graph") said.set("view", state.view);
  for (const name of /** @type {const} */ (["q", "of", "against", "focus"])) if (state[name]) said.set(name, state[name]);
  if (state.colour !== "kind") said.set("colour", state.colour);
  if (!state.icicle) said.set("root", "bottom");
  for (const name of FLAGS) if (state[name]) said.set(name, "1");
  if (state.zoom.length) said.set("zoom", state.zoom.join("."));
  const text = said.toString();
  return text ? `?${text}` : "";
}

/** @param {string} text such as "0.2.1" */
function places(text) {
  if (!/^\d{1,7}(\.\d{1,7})*$/.test(text)) return [];
  return text.split(".").slice(0, DEEPEST).map(Number);
}

/**
 * Which threads count.
 * @param {string} of
 * @returns {(thread: [number, number, string, string]) => boolean}
 */
export function keeper(of) {
  const [kind, rest] = [of.slice(0, of.indexOf(":")), of.slice(of.indexOf(":") + 1)];
  if (kind === "name") return ([, , process]) => process === rest;
  if (kind === "pid") return ([pid]) => String(pid) === rest;
  if (kind === "tid") return ([pid, tid]) => `${pid}/${tid}` === rest;
  return () => true;
}

/**
 * Which threads of another profile stand for those that count in this one: numbers change, names stay.
 * @param {string} of
 * @param {[number, number, string, string][]} counted
 * @returns {(thread: [number, number, string, string]) => boolean}
 */
export function likeness(of, counted) {
  if (!of) return () => true;
  return ([, , process, name]) => counted.some((one) => one[2] === process && (!of.startsWith("tid:") || one[3] === name));
}

/**
 * The node that places lead to; as far as they lead anywhere.
 * @param {import("./layout.js").Layout} layout
 * @param {number[]} zoom
 */
export function nodeAt({ starts, children }, zoom) {
  let node = 0;
  for (const place of zoom) {
    const next = starts[node] + place;
    if (next >= starts[node + 1]) break;
    node = children[next];
  }
  return node;
}

/**
 * The places that lead to a node.
 * @param {import("./layout.js").Layout} layout
 * @param {number} node
 */
export function placesOf({ tree, starts, children }, node) {
  /** @type {number[]} */
  const zoom = [];
  for (let at = node; at > 0; at = tree.parents[at]) {
    const parent = tree.parents[at];
    zoom.unshift(children.subarray(starts[parent], starts[parent + 1]).indexOf(at));
  }
  return zoom.length > DEEPEST ? [] : zoom;
}
