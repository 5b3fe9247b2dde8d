// The page of a profile: brings it, shows it the way the address says, and writes into the address what is chosen.
import { callees, callers, grow, inverted } from "./build.js";
import { KIND_NAMES, KINDS, moduleColours } from "./colours.js";
import { Functions } from "./functions.js";
import { Graph } from "./graph.js";
import { functionLines, lay, shareOf } from "./layout.js";
import { choices, load } from "./load.js";
import { many, percent } from "./said.js";
import { keeper, likeness, nodeAt, placesOf, searchOf, stateOf } from "./state.js";
import { Table } from "./table.js";
import { ROOT, Tree } from "./tree.js";

const PAUSE = 150; // milliseconds between a letter and the search for it

/** Show the profile of this page, where it is the page of one. */
export function drawFlame() {
  const place = document.getElementById("flame");
  if (place) void new Page(place).begin();
}

/**
 * What to keep in mind where two profiles are not of the same measure; empty where they are.
 * @param {import("./build.js").Profile | null} one
 * @param {import("./build.js").Profile | null} other
 */
function unlike(one, other) {
  if (!one || !other || one.event === other.event) return "";
  return `This profile counts ${one.event}, the other one ${other.event}: small differences may come from that.`;
}

class Page {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.state = stateOf(window.location.search);
    /** @type {import("./build.js").Profile | null} */
    this.profile = null;
    /** @type {import("./build.js").Profile | null} */
    this.other = null;
    this.otherId = "";
    this.functions = new Functions();
    /** @type {import("./layout.js").Layout | null} */
    this.layout = null;
    /** @type {import("./layout.js").Line[]} */
    this.lines = [];
    this.tree = new Tree();
    this.all = [0, 0];
    this.matching = /** @type {Uint8Array | null} */ (null);
    this.modules = /** @type {Map<string, string> | null} */ (null);
    this.typing = 0;
    const around = () => this;
    const focused = (/** @type {number} */ called) => this.focus(called);
    this.graph = new Graph(this.part("graph", ".flame-place"), { around, focused, zoomed: (node) => this.zoomed(node) });
    this.above = new Graph(this.part("callers", ".flame-place"), { around, focused, zoomed: () => {} });
    this.below = new Graph(this.part("callees", ".flame-place"), { around, focused, zoomed: () => {} });
    this.table = new Table(this.part("functions", ""), focused);
  }

  /**
   * @param {string} name
   * @param {string} within
   */
  part(name, within) {
    return /** @type {HTMLElement} */ (this.place.querySelector(`[data-part="${name}"] ${within}`.trim()));
  }

  async begin() {
    try {
      this.profile = await load(this.place.dataset.profile ?? "");
      this.offer(this.profile);
      this.follow();
      await this.compare();
      this.rebuild();
      this.listen();
      this.note(unlike(this.profile, this.other));
    } catch (error) {
      this.note(`The profile could not be shown: ${/** @type {Error} */ (error).message}.`);
    }
  }

  listen() {
    this.place.addEventListener("change", (event) => void this.changed(/** @type {HTMLElement} */ (event.target)));
    this.place.addEventListener("input", (event) => {
      if (!(event.target instanceof HTMLInputElement) || event.target.type !== "search") return;
      this.state.q = event.target.value;
      window.clearTimeout(this.typing);
      this.typing = window.setTimeout(() => this.search(), PAUSE);
    });
    this.place.addEventListener("click", (event) => {
      const { view, does } = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset ?? {};
      if (view) this.look(/** @type {import("./state.js").State["view"]} */ (view));
      if (does === "leave") this.graph.zoom(ROOT);
    });
    window.addEventListener("popstate", () => {
      this.state = stateOf(window.location.search);
      this.follow();
      void this.compare().then(() => this.rebuild());
    });
  }

  /** @param {HTMLElement} field */
  async changed(field) {
    if (field instanceof HTMLSelectElement) Object.assign(this.state, { [field.name]: field.value });
    else if (field instanceof HTMLInputElement && field.type === "checkbox") Object.assign(this.state, { [field.name]: field.checked });
    else return;
    if (field.getAttribute("name") === "against") await this.compare();
    if (!["colour", "icicle"].includes(field.getAttribute("name") ?? "")) this.state.zoom = [];
    this.rebuild();
  }

  /** Bring the profile this one is compared with. */
  async compare() {
    const { against } = this.state;
    if (against === this.otherId) return;
    this.other = null;
    this.otherId = "";
    if (!against) return this.note("");
    try {
      this.note("Loading the other profile …");
      this.other = await load(`/api/v1/profiles/${encodeURIComponent(against)}/download?format=raw`);
      this.otherId = against;
      this.note(unlike(this.profile, this.other));
    } catch (error) {
      this.state.against = "";
      this.follow();
      this.note(`The other profile could not be had: ${/** @type {Error} */ (error).message}.`);
    }
  }

  /** Build what is shown anew. */
  rebuild() {
    if (!this.profile) return;
    const { state, profile, other } = this;
    const how = { grouped: state.group, collapsed: state.collapse };
    this.functions = new Functions();
    this.tree = new Tree();
    const kept = profile.threads.map(keeper(state.of));
    grow(this.tree, this.functions, profile, { ...how, side: 0, keeps: (thread) => kept[thread] });
    if (other) {
      const alike = other.threads.map(likeness(state.of, profile.threads.filter((_, thread) => kept[thread])));
      grow(this.tree, this.functions, other, { ...how, side: 1, keeps: (thread) => alike[thread] });
    }
    const straight = lay(this.tree, [1, 0]);
    this.all = [straight.totals[0][ROOT], other ? straight.totals[1][ROOT] : 0];
    this.lines = functionLines(straight, this.functions.names.length);
    this.modules = state.colour === "module" && !other ? moduleColours(this.functions, this.lines) : null;
    this.layout = lay(state.invert ? inverted(this.tree, new Tree()) : this.tree, this.all);
    this.graph.show(this.layout, !state.icicle);
    this.graph.canvas.zoom(nodeAt(this.layout, state.zoom));
    this.legend();
    this.search();
    this.look(state.view);
  }

  /** What is searched for, told as a share of all, and shown. */
  search() {
    const found = this.functions.matching(this.state.q);
    this.matching = found?.found ?? null;
    const line = /** @type {HTMLElement} */ (this.place.querySelector("[data-found]"));
    line.textContent = "";
    if (found && this.layout) {
      const how = this.functions.names.filter((_, called) => found.found[called]).length;
      const share = percent(shareOf(this.layout, found.found));
      line.textContent = `${share} in ${many(how)} ${how === 1 ? "function" : "functions"}${found.plain ? " (no regular expression: looked for as it is written)" : ""}`;
    }
    this.table.show(this.functions, this.lines, this.all.map((one) => (one ? 1 / one : 0)), this.matching);
    for (const graph of [this.graph, this.above, this.below]) graph.canvas.draw();
    this.write();
  }

  /** @param {import("./state.js").State["view"]} view */
  look(view) {
    this.state.view = view;
    for (const button of this.place.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.view === view));
    }
    for (const part of this.place.querySelectorAll("[data-shown]")) {
      /** @type {HTMLElement} */ (part).hidden = /** @type {HTMLElement} */ (part).dataset.shown !== view;
    }
    if (view === "sandwich") this.sandwich();
    if (view === "graph" && this.layout) this.graph.canvas.fit();
    this.write();
  }

  /** @param {number} called */
  focus(called) {
    const { functions } = this;
    this.state.focus = [functions.kinds[called], functions.modules[called], functions.names[called]].join("\n");
    this.look("sandwich");
  }

  sandwich() {
    const [kind, module, ...name] = this.state.focus.split("\n");
    const called = this.functions.known.get(`${kind}\0${module}\0${name.join("\n")}`);
    const heading = /** @type {HTMLElement} */ (this.place.querySelector("[data-focus]"));
    const shown = /** @type {HTMLElement} */ (this.place.querySelector("[data-sandwich]"));
    shown.hidden = called === undefined;
    heading.textContent = called === undefined ? "" : this.functions.names[called];
    const hint = /** @type {HTMLElement} */ (this.place.querySelector("[data-unfocused]"));
    hint.hidden = called !== undefined;
    hint.textContent = this.state.focus ? "That function is not in what is shown now; choose another in the table of functions." : "Choose a function in the table of functions, or in the graph by a double click or the key s.";
    if (called === undefined) return;
    this.above.show(lay(callers(this.tree, called, new Tree()), this.all), true, 1);
    this.below.show(lay(callees(this.tree, called, new Tree()), this.all), false, 1);
  }

  /** @param {number} node */
  zoomed(node) {
    this.state.zoom = this.layout ? placesOf(this.layout, node) : [];
    this.write();
  }

  write() {
    const leave = /** @type {HTMLElement} */ (this.place.querySelector('[data-does="leave"]'));
    leave.hidden = !this.state.zoom.length || this.state.view !== "graph";
    window.history.replaceState(window.history.state, "", window.location.pathname + searchOf(this.state) + window.location.hash);
  }

  /** Let the fields say what the state says. */
  follow() {
    for (const field of this.place.querySelectorAll("input, select")) {
      if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = Boolean(Reflect.get(this.state, field.name));
      else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = String(Reflect.get(this.state, field.name) ?? "");
    }
  }

  /** @param {import("./build.js").Profile} profile */
  offer(profile) {
    const field = /** @type {HTMLSelectElement} */ (this.place.querySelector("select[name=of]"));
    for (const [heading, some] of choices(profile)) {
      const group = document.createElement("optgroup");
      group.label = heading;
      for (const { value, text, samples } of some) {
        const option = document.createElement("option");
        option.value = value;
        option.textContent = `${text} (${percent(samples / (profile.samples || 1))})`;
        group.append(option);
      }
      field.append(group);
    }
  }

  legend() {
    const list = /** @type {HTMLElement} */ (this.place.querySelector(".flame-legend"));
    const entries = this.other
      ? [["heat-5", "more than in the other"], ["heat-0", "as much"], ["heat-1", "less"]]
      : this.modules
        ? [...[...this.modules].map(([module, token]) => [token, module || "no file"]), ["heat-0", "any other"]]
        : KIND_NAMES.filter(([kind]) => this.functions.kinds.includes(/** @type {any} */ (kind))).map(([kind, name]) => [KINDS[kind], name]);
    list.replaceChildren(
      ...entries.map(([token, text]) => {
        const item = document.createElement("li");
        item.dataset.colour = token;
        item.textContent = text;
        return item;
      }),
    );
  }

  /** @param {string} text */
  note(text) {
    const line = /** @type {HTMLElement} */ (this.place.querySelector("[data-note]"));
    line.textContent = text;
    line.hidden = !text;
  }
}
