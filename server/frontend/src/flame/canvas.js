// One flamegraph on a canvas: only what can be seen is drawn, however deep and wide the whole is.
import { ROOT } from "./tree.js";

const ROW = 18;
const THINNEST = 0.6; // pixels below which a node is not drawn by itself
const LEAST = 320; // pixels of height the graph has at least, where it is that deep
const FONT = "12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/**
 * What decides how a node looks.
 * @typedef {object} Look
 * @property {string} fill
 * @property {string} [over] painted over it
 * @property {number} [strength] of that, 0 to 1
 * @property {boolean} [faded]
 */

export class Canvas {
  /**
   * @param {HTMLElement} place a focusable box with a scroller, a spacer and a canvas within
   * @param {object} doing
   * @param {(node: number) => Look} doing.look
   * @param {(node: number) => string} doing.label
   * @param {(node: number) => void} doing.hovered -1: none
   * @param {(node: number) => void} doing.chosen
   */
  constructor(place, doing) {
    this.place = place;
    this.doing = doing;
    this.spacer = /** @type {HTMLElement} */ (place.querySelector(".flame-spacer"));
    this.element = /** @type {HTMLCanvasElement} */ (place.querySelector("canvas"));
    /** @type {import("./layout.js").Layout | null} */
    this.layout = null;
    this.zoomed = ROOT;
    this.hover = -1;
    this.selected = -1;
    this.upwards = false;
    /** Rows at the root's end that are not shown: 1 where one function is all there is below the root. */
    this.skipped = 0;
    /** @type {Record<string, string>} */
    this.palette = {};
    /** @type {{ left: number, width: number, node: number }[][]} what was drawn, by row from the top of the canvas */
    this.rows = [];
    this.asked = 0;
    place.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(place);
    this.element.addEventListener("mousemove", (event) => this.over(this.at(event)));
    this.element.addEventListener("mouseleave", () => this.over(-1));
    this.element.addEventListener("click", (event) => {
      const node = this.at(event);
      if (node >= 0) doing.chosen(node);
    });
  }

  /**
   * @param {import("./layout.js").Layout} layout
   * @param {Record<string, string>} palette
   * @param {boolean} upwards whether the root is at the bottom
   * @param {number} skipped
   */
  show(layout, palette, upwards, skipped = 0) {
    if (layout !== this.layout) [this.zoomed, this.hover, this.selected] = [ROOT, -1, -1];
    Object.assign(this, { layout, palette, upwards, skipped });
    this.fit();
  }

  /** @param {number} node */
  zoom(node) {
    this.zoomed = node;
    this.fit();
  }

  /** Make room for what is below the zoomed node, and go to where it begins. */
  fit() {
    if (!this.layout) return;
    const height = (this.deepestBelow(this.zoomed) + 1 - this.skipped) * ROW;
    this.spacer.style.height = `${height}px`;
    this.place.style.height = `${Math.min(Math.max(height, ROW * 4), Math.max(LEAST, window.innerHeight * 0.66))}px`;
    this.place.scrollTop = this.upwards ? height : 0;
    this.draw();
  }

  draw() {
    window.cancelAnimationFrame(this.asked);
    this.asked = window.requestAnimationFrame(() => this.paint());
  }

  paint() {
    const { layout, element, place } = this;
    if (!layout) return;
    const [width, height] = [place.clientWidth, place.clientHeight];
    const ratio = window.devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
    const context = element.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    context.font = FONT;
    context.textBaseline = "middle";
    this.rows = [];
    const letter = context.measureText("m").width;
    const whole = layout.weights[this.zoomed];
    this.element.dataset.drawn = "0";
    let drawn = 0;
    if (whole > 0) for (const box of this.boxes(width, width / whole, height)) drawn += Number(this.box(context, box, letter));
    this.element.dataset.drawn = String(drawn);
  }

  /**
   * What can be seen: the zoomed node and what is above it, over the whole width, and all below that is wide enough.
   * @param {number} width
   * @param {number} scale pixels of one unit of weight
   * @param {number} height
   * @returns {Generator<{ node: number, left: number, width: number, top: number }>} node -1: several, too thin by themselves
   */
  *boxes(width, scale, height) {
    const { tree, weights, lefts, depths, starts, children } = /** @type {import("./layout.js").Layout} */ (this.layout);
    const origin = lefts[this.zoomed];
    for (let node = this.zoomed; node >= 0 && depths[node] >= this.skipped; node = tree.parents[node]) yield { node, left: 0, width, top: this.top(depths[node]) };
    const waiting = [this.zoomed];
    while (waiting.length) {
      const above = /** @type {number} */ (waiting.pop());
      const top = this.top(depths[above] + 1);
      if (this.upwards ? top < -ROW : top > height) continue;
      for (let at = starts[above]; at < starts[above + 1]; at++) {
        const node = children[at];
        const left = (lefts[node] - origin) * scale;
        const size = weights[node] * scale;
        if (size < THINNEST) {
          const rest = (lefts[above] + weights[above] - ownWidth(this.layout, above) - origin) * scale - left;
          if (rest >= THINNEST) yield { node: -1, left, width: rest, top };
          break;
        }
        yield { node, left, width: size, top };
        waiting.push(node);
      }
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{ node: number, left: number, width: number, top: number }} box
   * @param {number} letter pixels of one letter
   * @returns {boolean} whether it is in view
   */
  box(context, { node, left, width, top }, letter) {
    if (top < -ROW || top > this.place.clientHeight) return false;
    (this.rows[this.row(top)] ??= []).push({ left, width, node });
    const { palette } = this;
    const gap = width > 3 ? 1 : 0;
    const look = node < 0 ? { fill: palette.line, faded: true } : this.doing.look(node);
    context.fillStyle = look.faded ? palette.panel : look.fill;
    context.fillRect(left, top, width - gap, ROW - 1);
    if (look.faded) {
      context.globalAlpha = 0.35;
      context.fillStyle = look.fill;
      context.fillRect(left, top, width - gap, ROW - 1);
    } else if (look.over) {
      context.globalAlpha = look.strength ?? 1;
      context.fillStyle = look.over;
      context.fillRect(left, top, width - gap, ROW - 1);
    }
    context.globalAlpha = 1;
    const letters = Math.floor((width - 7) / letter);
    if (node >= 0 && letters > 2) {
      context.fillStyle = look.faded ? palette.dim : palette.text;
      context.fillText(cut(this.doing.label(node), letters), left + 3, top + ROW / 2);
    }
    if (node >= 0 && (node === this.selected || node === this.hover)) {
      context.strokeStyle = node === this.selected ? palette.accent : palette.text;
      context.lineWidth = 2;
      context.strokeRect(left + 1, top + 1, Math.max(width - gap - 2, 1), ROW - 3);
    }
    return true;
  }

  /** @param {number} level */
  top(level) {
    const depth = level - this.skipped;
    const down = depth * ROW - this.place.scrollTop;
    if (!this.upwards) return down;
    return Math.max(this.spacer.offsetHeight, this.place.clientHeight) - (depth + 1) * ROW - this.place.scrollTop;
  }

  /** @param {number} top */
  row(top) {
    return Math.floor((top + ROW) / ROW);
  }

  /**
   * @param {MouseEvent} event
   * @returns {number} the node there; -1: none
   */
  at(event) {
    const { left, top } = this.element.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const first = (this.top(this.skipped) % ROW + ROW) % ROW;
    const row = this.row(Math.floor((y - first) / ROW) * ROW + first);
    return this.rows[row]?.find((box) => x >= box.left && x < box.left + box.width)?.node ?? -1;
  }

  /** @param {number} node */
  over(node) {
    if (node === this.hover) return;
    this.hover = node;
    this.doing.hovered(node);
    this.draw();
  }

  /**
   * Select a node and bring it into view.
   * @param {number} node
   */
  select(node) {
    this.selected = node;
    const top = this.top(this.layout?.depths[node] ?? 0);
    if (top < 0) this.place.scrollTop += top;
    else if (top + ROW > this.place.clientHeight) this.place.scrollTop += top + ROW - this.place.clientHeight;
    this.draw();
  }

  /**
   * The node that lies beside the selected one.
   * @param {"ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight"} key
   * @returns {number} -1: there is none
   */
  beside(key) {
    if (!this.layout) return -1;
    const { tree, starts, children } = this.layout;
    const here = this.selected < 0 ? this.zoomed : this.selected;
    if (this.selected < 0) return here;
    const inwards = this.upwards ? "ArrowUp" : "ArrowDown";
    if (key === inwards) return starts[here] < starts[here + 1] ? children[starts[here]] : -1;
    if (key === "ArrowUp" || key === "ArrowDown") return tree.parents[here];
    const parent = tree.parents[here];
    if (parent < 0) return -1;
    const family = children.subarray(starts[parent], starts[parent + 1]);
    return family[family.indexOf(here) + (key === "ArrowLeft" ? -1 : 1)] ?? -1;
  }

  /** @param {number} node */
  deepestBelow(node) {
    const { starts, children, depths, deepest } = /** @type {import("./layout.js").Layout} */ (this.layout);
    if (node === ROOT) return deepest;
    let found = depths[node];
    const waiting = [node];
    while (waiting.length) {
      const above = /** @type {number} */ (waiting.pop());
      found = Math.max(found, depths[above]);
      for (let at = starts[above]; at < starts[above + 1]; at++) waiting.push(children[at]);
    }
    return found;
  }
}

/**
 * How much of a node's width is its own, which is at its right.
 * @param {import("./layout.js").Layout | null} layout
 * @param {number} node
 */
function ownWidth(layout, node) {
  if (!layout) return 0;
  const { tree, scales } = layout;
  const sides = scales.filter(Boolean).length || 1;
  return (tree.own[0][node] * scales[0] + tree.own[1][node] * scales[1]) / sides;
}

/**
 * @param {string} text
 * @param {number} letters
 */
function cut(text, letters) {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}
