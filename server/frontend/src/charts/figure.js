// One chart: what the server says it shows, the points it has of it, and what it still lacks.
import { Plot } from "./plot.js";
import { Said } from "./said.js";
import { lookedAt } from "./span.js";
import { beginning, joined, place } from "./window.js";

/**
 * @typedef {object} Plan what the server says of a chart
 * @property {string} table
 * @property {string} unit
 * @property {boolean} rate
 * @property {string} symbol
 * @property {boolean} stacked
 * @property {number | null} top
 * @property {string[]} series
 * @property {[string, number][]} limits word and value of thresholds
 *
 * @typedef {object} Around what a chart has from its page
 * @property {(from: number, to: number) => void} zoom show another span of seconds since 1970
 * @property {() => void} reset show the usual span again
 * @property {number} begins when what all charts of the page show began; -Infinity: before what they show
 * @property {number[]} marks moments to mark
 */

const PIXELS = 2; // of a step: it has two points
const COARSE = 50; // so that charts nearly as wide ask for the same
const LEAST = 100;

export class Figure {
  /**
   * @param {HTMLElement} element
   * @param {Around} around
   */
  constructor(element, around) {
    this.element = element;
    this.around = around;
    /** @type {Plan} */
    this.plan = JSON.parse(element.dataset.chart ?? "{}");
    this.node = element.dataset.node ?? "";
    /** Whether it is in view, or nearly. */
    this.seen = false;
    this.pending = false;
    this.problem = "";
    /** @type {import("./window.js").Points} */
    this.points = { times: [], lines: [] };
    /** Which lines a person wants to see. */
    this.shown = this.plan.series.map(() => true);
    this.step = 0;
    this.since = 0;
    /** The span its points are of. */
    this.loaded = "";
    this.complete = false;
    /** @type {[number, number] | null} */
    this.history = null;
    this.window = { from: 0, to: 0 };
    /** When what it holds began; Infinity: it has held nothing yet. */
    this.first = Infinity;
    this.plot = new Plot(this);
    this.said = new Said(this);
  }

  /**
   * What it lacks of a span; null: nothing.
   * @param {import("./span.js").Span} span
   * @param {number} now seconds since 1970
   * @returns {import("./feed.js").Question | null}
   */
  question(span, now) {
    this.look(span, now);
    const whole = this.loaded !== named(span);
    if (span.fixed && this.complete && !whole) return null;
    const { table, series, stacked } = this.plan;
    const points = Math.max(Math.ceil(this.plot.width / PIXELS / COARSE) * COARSE, LEAST);
    const until = span.fixed && span.fixed.to <= now ? span.fixed.to : null;
    const asked = { node: this.node, table, series, stacked, points, until };
    // Seconds ago are counted by the server's clock, whatever the one here says.
    if (whole) return { ...asked, since: span.fixed ? span.fixed.from : span.range, step: 0 };
    const last = this.points.times.at(-1) ?? this.since;
    return { ...asked, since: this.step ? Math.floor(last / this.step) * this.step : last, step: this.step };
  }

  /**
   * Go on showing what it has, in the time there is to look at now.
   * @param {import("./span.js").Span} span
   * @param {number} now
   */
  look(span, now) {
    this.window = lookedAt(span, now, this.around.begins);
  }

  /**
   * @param {import("./span.js").Span} span
   * @returns {number} when what it shows of it began; Infinity: it has none of it
   */
  begins(span) {
    return this.loaded === named(span) ? this.first : Infinity;
  }

  /**
   * @param {import("./span.js").Span} span what was asked for
   * @param {import("./feed.js").Question} question
   * @param {import("./feed.js").Answer | null} answer
   * @param {string} problem
   */
  take(span, question, answer, problem) {
    this.problem = problem;
    if (answer) {
      const old = this.loaded === named(span) ? this.points : null;
      const from = span.fixed ? span.fixed.from : this.window.to - span.range;
      this.points = joined(old, answer, answer.since, from);
      this.first = beginning(this.points, from, answer.history);
      this.loaded = named(span);
      this.complete = question.until !== null;
      this.step = answer.step;
      this.since = answer.since;
      this.history = answer.history;
    }
    this.draw();
  }

  draw() {
    this.plot.draw();
    this.said.renew();
  }

  /** @returns {number} the newest point in the time that is looked at; -1: there is none */
  get newest() {
    return place(this.points.times, this.window.to + 1e-3) - 1;
  }
}

/** @param {import("./span.js").Span} span */
function named({ range, fixed }) {
  return fixed ? `${fixed.from} ${fixed.to}` : `${range}`;
}
