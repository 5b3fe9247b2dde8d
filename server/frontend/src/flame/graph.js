// A flamegraph on the page: a canvas, the words about what is pointed at, and the keys that walk in it.
import { Canvas } from "./canvas.js";
import { KINDS, palette } from "./colours.js";
import { told } from "./said.js";
import { ROOT } from "./tree.js";

const STRONGEST = 0.1; // a change of ten points in a hundred has the full colour

export class Graph {
  /**
   * @param {HTMLElement} place
   * @param {object} doing
   * @param {() => { functions: import("./functions.js").Functions, matching: Uint8Array | null, modules: Map<string, string> | null }} doing.around
   * @param {(node: number) => void} doing.zoomed
   * @param {(called: number) => void} doing.focused
   */
  constructor(place, doing) {
    this.place = place;
    this.doing = doing;
    this.words = /** @type {HTMLElement} */ (place.parentElement?.querySelector(".flame-said"));
    this.tip = /** @type {HTMLElement} */ (place.parentElement?.querySelector(".flame-tip"));
    /** @type {import("./layout.js").Layout | null} */
    this.layout = null;
    this.palette = palette();
    this.canvas = new Canvas(place, {
      look: (node) => this.look(node),
      label: (node) => doing.around().functions.names[this.functionOf(node)],
      hovered: (node) => this.hovered(node),
      chosen: (node) => this.zoom(node),
    });
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("dblclick", () => this.focus(this.canvas.hover));
    place.addEventListener("mousemove", (event) => this.move(event));
    document.addEventListener("gobs:theme", () => this.recolour());
  }

  /**
   * @param {import("./layout.js").Layout} layout
   * @param {boolean} upwards
   * @param {number} skipped rows at the root's end that are not shown
   */
  show(layout, upwards, skipped = 0) {
    this.layout = layout;
    this.palette = palette();
    this.canvas.show(layout, this.palette, upwards, skipped);
    this.say(-1);
  }

  recolour() {
    this.palette = palette();
    this.canvas.palette = this.palette;
    this.canvas.draw();
  }

  /** @param {number} node */
  zoom(node) {
    this.canvas.zoom(node);
    this.canvas.select(node);
    this.say(node);
    this.doing.zoomed(node);
  }

  /** @param {number} node */
  focus(node) {
    if (node > ROOT) this.doing.focused(this.functionOf(node));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.layout) return;
    if (!this.obey(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * @param {string} key
   * @returns {boolean} whether it means something here
   */
  obey(key) {
    const { canvas } = this;
    if (key === "ArrowUp" || key === "ArrowDown" || key === "ArrowLeft" || key === "ArrowRight") {
      const next = canvas.beside(key);
      if (next >= 0) {
        canvas.select(next);
        this.say(next);
      }
      return true;
    }
    if (key === "Enter" || key === " ") this.zoom(Math.max(canvas.selected, ROOT));
    else if (key === "s") this.focus(canvas.selected);
    else if (key === "0" || key === "Home") this.zoom(ROOT);
    else if (key === "Backspace" || (key === "Escape" && canvas.zoomed !== ROOT)) this.zoom(Math.max(this.layout?.tree.parents[canvas.zoomed] ?? ROOT, ROOT));
    else return false;
    return true;
  }

  /** @param {number} node */
  hovered(node) {
    this.tip.hidden = node < 0 || !this.layout;
    if (!this.tip.hidden && this.layout) this.tip.textContent = told(this.doing.around().functions, this.layout, node);
  }

  /** @param {MouseEvent} event */
  move(event) {
    const { left, top, width } = /** @type {HTMLElement} */ (this.place.parentElement).getBoundingClientRect();
    const x = Math.max(0, Math.min(event.clientX - left + 12, width - this.tip.offsetWidth));
    this.tip.style.transform = `translate(${x}px, ${event.clientY - top + 16}px)`;
  }

  /** @param {number} node */
  say(node) {
    this.words.textContent = node < 0 || !this.layout ? "" : told(this.doing.around().functions, this.layout, node);
  }

  /** @param {number} node */
  functionOf(node) {
    return this.layout?.tree.functions[node] ?? ROOT;
  }

  /**
   * @param {number} node
   * @returns {import("./canvas.js").Look}
   */
  look(node) {
    const { functions, matching, modules } = this.doing.around();
    const called = this.functionOf(node);
    const faded = matching !== null && !matching[called];
    if (this.layout?.scales[1] && node !== ROOT) return { ...this.changed(node), faded };
    const token = modules ? (modules.get(functions.modules[called]) ?? "heat-0") : (KINDS[functions.kinds[called]] ?? "heat-0");
    return { fill: this.palette[token], faded };
  }

  /** @param {number} node */
  changed(node) {
    const { totals, scales } = /** @type {import("./layout.js").Layout} */ (this.layout);
    const change = totals[0][node] * scales[0] - totals[1][node] * scales[1];
    const over = this.palette[change > 0 ? "heat-5" : "heat-1"];
    return { fill: this.palette["heat-0"], over, strength: Math.min(Math.abs(change) / STRONGEST, 1) };
  }
}
