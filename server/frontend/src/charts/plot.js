// The picture of one chart: uPlot set up for our lines, colours and times, drawn anew whenever there is news.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, day } from "../zones.js";
import { factor, full } from "./units.js";
import { lonely, stacked } from "./window.js";

const HEIGHT = 190;
const SPACE = 76; // pixels between two times below a chart, so that none touches the next
const SYNC = uPlot.sync("charts");
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const BINARY = Array.from({ length: 70 }, (_, power) => 2 ** power);
const NEAR = 6; // pixels a selection has at least

export class Plot {
  /** @param {import("./figure.js").Figure} figure */
  constructor(figure) {
    this.figure = figure;
    this.place = /** @type {HTMLElement} */ (figure.element.querySelector(".plot"));
    this.note = /** @type {HTMLElement} */ (figure.element.querySelector(".plot-note"));
    this.buttons = /** @type {HTMLElement[]} */ ([...figure.element.querySelectorAll("[data-line]")]);
    /** @type {uPlot | null} */
    this.drawn = null;
    this.sized = new ResizeObserver(() => this.resize());
    this.sized.observe(this.place);
  }

  /** Pixels it has from left to right. */
  get width() {
    return Math.floor(this.place.clientWidth);
  }

  /** @returns {number | null} the point under the cursor */
  get cursor() {
    return this.drawn?.cursor.idx ?? null;
  }

  draw() {
    const { points, window, plan, shown, problem } = this.figure;
    this.note.textContent = problem || (points.times.length ? "" : this.nothing());
    if (!points.times.length || !this.width) return void this.drawn?.setData(this.data([[], ...plan.series.map(() => [])]), false);
    const times = factor(plan);
    const lines = times === 1 ? points.lines : points.lines.map((line) => line.map((one) => (one === null ? null : one * times)));
    const edges = plan.stacked ? stacked(lines, shown) : lines;
    const fresh = !this.drawn;
    this.drawn ??= new uPlot(this.options(), this.data([points.times, ...edges]), this.place);
    if (fresh) queueMicrotask(() => this.draw()); // it is set up by then: only now does a scale of time bring the other
    this.drawn.batch(() => {
      if (!this.drawn) return;
      shown.forEach((wanted, at) => this.drawn?.setSeries(at + 1, { show: wanted }, false));
      if (plan.stacked) this.layer(edges);
      this.drawn.setData(this.data([points.times, ...edges]), false);
      this.drawn.setScale("x", { min: window.from, max: window.to });
    });
  }

  /** The same once more, e.g. in other colours. */
  redraw() {
    this.drawn?.redraw(false);
  }

  /**
   * Put the cursor on a point, here and on all other charts.
   * @param {number | null} point null: nowhere
   */
  point(point) {
    const left = point === null ? -10 : (this.drawn?.valToPos(this.figure.points.times[point], "x") ?? -10);
    const set = /** @type {(at: object, fire: boolean, tell: boolean) => void} */ (/** @type {unknown} */ (this.drawn?.setCursor));
    set?.({ left, top: point === null ? -10 : 10 }, true, true);
  }

  resize() {
    if (this.drawn && this.width && this.drawn.width !== this.width) this.drawn.setSize({ width: this.width, height: HEIGHT });
  }

  nothing() {
    const { history, loaded } = this.figure;
    if (!loaded) return "Loading …";
    if (!history) return "Nothing is kept of this node's past.";
    return `No readings in this time. What is kept goes from ${clock(history[0] * 1000)} to ${clock(history[1] * 1000)}.`;
  }

  /**
   * Fill from each line down to the one below it that is drawn.
   * @param {(number | null)[][]} edges
   */
  layer(edges) {
    const there = edges.flatMap((edge, at) => (this.figure.shown[at] && edge.some((one) => one !== null) ? [at + 1] : []));
    this.drawn?.delBand(null);
    for (let at = 1; at < there.length; at++) this.drawn?.addBand({ series: [there[at], there[at - 1]] });
  }

  /** @param {(number | null)[][]} columns */
  data(columns) {
    return /** @type {uPlot.AlignedData} */ (/** @type {unknown} */ (columns));
  }

  /** @returns {uPlot.Options} */
  options() {
    const { plan, around, said } = this.figure;
    const axis = { stroke: () => this.colour("--dim"), grid: { stroke: () => this.colour("--line"), width: 1 }, ticks: { show: false } };
    return {
      width: this.width,
      height: HEIGHT,
      padding: [10, 8, 0, 0],
      legend: { show: false },
      scales: { x: { time: true, auto: false }, y: { range: (_, low, high) => this.range(low, high) } },
      series: [{}, ...plan.series.map((_, at) => this.series(at))],
      axes: [
        { ...axis, size: 28, space: SPACE, values: (_, splits, __, ___, step) => splits.map((at) => moment(at * 1000, step)) },
        {
          ...axis,
          size: 72,
          ...(plan.unit === "bytes" ? { incrs: BINARY } : {}),
          values: (_, splits) => splits.map((at) => full(at / factor(plan), plan).replace(/\.0(?= |$)/, "")),
        },
      ],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        sync: { key: SYNC.key, setSeries: false },
        points: { size: 6 },
        bind: { dblclick: () => () => (around.reset(), null) },
      },
      hooks: {
        setCursor: [() => said.renew()],
        setSelect: [(drawn) => this.select(drawn)],
        draw: [(drawn) => this.mark(drawn), (drawn) => this.limit(drawn)],
      },
    };
  }

  /**
   * @param {number} at
   * @returns {uPlot.Series}
   */
  series(at) {
    const { plan } = this.figure;
    const stroke = () => getComputedStyle(this.buttons[at]).color;
    return {
      stroke,
      fill: plan.stacked ? () => getComputedStyle(this.swatch(at)).backgroundColor : undefined,
      width: 1.5,
      dash: plan.stacked ? [] : DASHES[at % DASHES.length],
      spanGaps: false,
      points: { size: 4, show: true, fill: stroke, filter: (drawn, series, show) => (show ? this.alone(drawn, series) : null) },
    };
  }

  /**
   * @param {uPlot} drawn
   * @param {number} series
   */
  alone(drawn, series) {
    const line = /** @type {(number | null)[]} */ (drawn.data[series]);
    return lonely(line, 0, line.length - 1);
  }

  /**
   * @param {number} low
   * @param {number} high
   * @returns {[number, number]}
   */
  range(low, high) {
    const top = this.figure.plan.top ?? 0;
    if (low === null || high === null) return [0, top || 1];
    if (low < 0) return /** @type {[number, number]} */ (uPlot.rangeNum(low, high, 0.1, true));
    return [0, Math.max(top, Math.min(high * 1.08, Number.MAX_VALUE)) || 1];
  }

  /** @param {uPlot} drawn */
  select(drawn) {
    const { left, width } = drawn.select;
    if (width < NEAR) return;
    drawn.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.figure.around.zoom(drawn.posToVal(left, "x"), drawn.posToVal(left + width, "x"));
  }

  /** @param {uPlot} drawn */
  mark(drawn) {
    const { ctx, bbox } = drawn;
    for (const at of this.figure.around.marks) {
      const left = drawn.valToPos(at, "x", true);
      if (left < bbox.left || left > bbox.left + bbox.width) continue;
      ctx.save();
      ctx.strokeStyle = this.colour("--stale");
      ctx.lineWidth = 2 * devicePixelRatio;
      ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(left, bbox.top);
      ctx.lineTo(left, bbox.top + bbox.height);
      ctx.stroke();
      ctx.restore();
    }
  }

  /**
   * Thresholds that the columns declare and that the scale reaches, each with its word: colour alone would not say which.
   * @param {uPlot} drawn
   */
  limit(drawn) {
    const { ctx, bbox } = drawn;
    for (const [word, value] of this.figure.plan.limits) {
      const top = drawn.valToPos(value, "y", true);
      if (!(top >= bbox.top && top <= bbox.top + bbox.height)) continue;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = this.colour(`--${word}`);
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash(word === "critical" ? [] : [6 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, top);
      ctx.lineTo(bbox.left + bbox.width, top);
      ctx.stroke();
      ctx.font = `${11 * devicePixelRatio}px sans-serif`;
      ctx.textBaseline = top - bbox.top < 14 * devicePixelRatio ? "top" : "bottom";
      ctx.fillText(word, bbox.left + 4 * devicePixelRatio, top);
      ctx.restore();
    }
  }

  /** @param {number} at */
  swatch(at) {
    return /** @type {Element} */ (this.buttons[at].firstElementChild);
  }

  /** It is not shown any more. */
  end() {
    this.sized.disconnect();
    this.drawn?.destroy();
  }

  /**
   * A colour as the theme has it now: canvases know nothing of custom properties.
   * @param {string} name
   */
  colour(name) {
    const { style } = this.note;
    style.setProperty("transition", "none", "important"); // else it is the colour of before
    style.setProperty("color", `var(${name})`);
    const found = getComputedStyle(this.note).color;
    style.removeProperty("color");
    return found;
  }
}

/**
 * @param {number} at milliseconds since 1970
 * @param {number} step seconds between two of them
 */
function moment(at, step) {
  if (step >= 86400) return day(at);
  return step < 60 ? clock(at) : clock(at).slice(0, 5);
}
