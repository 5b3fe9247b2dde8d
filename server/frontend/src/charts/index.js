// All charts of a page: which are in view, which time they show, and when they are brought up to date.
import { serverNow } from "../moments.js";
import { ask } from "./feed.js";
import { Figure } from "./figure.js";
import { spanOf, withSpan } from "./span.js";

const NEAR = "300px";
const USUAL = 900;
const WORTH = 30; // seconds two clocks must be apart before that counts
const SETTLED = 100; // milliseconds after which a page has its new colours

/** Draw the charts of this page, and those that come with news. */
export function drawCharts() {
  const charts = new Charts();
  charts.find();
  charts.follow();
  new MutationObserver(() => charts.find()).observe(document.body, { childList: true, subtree: true });
  for (const beat of ["gobs:tick", "gobs:now"]) document.body.addEventListener(beat, () => void charts.renew());
  window.addEventListener("popstate", () => charts.follow());
  document.addEventListener("click", (event) => charts.choose(event));
  const recolour = () => window.setTimeout(() => charts.figures.forEach((figure) => figure.plot.redraw()), SETTLED);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

class Charts {
  constructor() {
    /** @type {Map<Element, Figure>} */
    this.figures = new Map();
    this.inView = new IntersectionObserver((entries) => this.see(entries), { rootMargin: NEAR });
    this.span = this.read();
    this.clock = { at: serverNow() / 1000, read: performance.now() };
  }

  /** The server's clock, in seconds since 1970. */
  get now() {
    return this.clock.at + (performance.now() - this.clock.read) / 1000;
  }

  /** @param {number} until what it was when the server answered; less where the answer was kept here */
  hear(until) {
    if (Math.abs(until - this.now) > WORTH) this.clock = { at: until, read: performance.now() };
  }

  /** Take up charts that have come, and let go of those that have gone. */
  find() {
    for (const [element, figure] of this.figures) {
      if (element.isConnected) continue;
      figure.plot.end();
      this.inView.unobserve(element);
      this.figures.delete(element);
    }
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (this.figures.has(element) || !(element instanceof HTMLElement)) continue;
      this.figures.set(element, new Figure(element, this.around()));
      this.inView.observe(element);
    }
  }

  /** @param {IntersectionObserverEntry[]} entries */
  see(entries) {
    for (const { target, isIntersecting } of entries) {
      const figure = this.figures.get(target);
      if (figure) figure.seen = isIntersecting;
    }
    void this.renew(true);
  }

  /**
   * Ask for what the charts in view lack.
   * @param {boolean} [first] only for those that have nothing yet
   * @returns {Promise<void>}
   */
  async renew(first = false) {
    const { span, now } = this;
    const asking = [...this.figures.values()].flatMap((figure) => {
      if (!figure.seen || figure.pending || (first && figure.loaded)) return [];
      const question = figure.question(span, now);
      if (!question) return [];
      figure.pending = true;
      return [{ figure, question }];
    });
    const { begins } = this;
    await ask(asking, ({ figure, question }, answer, problem) => {
      figure.pending = false;
      if (span !== this.span) return;
      if (answer && !question.until) this.hear(answer.until);
      figure.look(span, this.now);
      figure.take(span, question, answer, problem);
    });
    if (span !== this.span) return this.renew();
    if (begins !== this.begins) this.align();
  }

  /** When what the charts show began; -Infinity: before what they show. */
  get begins() {
    const seen = Math.min(...[...this.figures.values()].map((figure) => figure.begins(this.span)));
    return seen === Infinity ? -Infinity : seen;
  }

  /** Let all charts show the same time once it is known where that begins. */
  align() {
    for (const figure of this.figures.values()) {
      if (!figure.loaded) continue;
      figure.look(this.span, this.now);
      figure.draw();
    }
  }

  /** Show what the address says now. */
  follow() {
    this.span = this.read();
    for (const link of document.querySelectorAll("[data-range]")) {
      const { range } = /** @type {HTMLElement} */ (link).dataset;
      if (!this.zoomed && Number(range) === this.span.range) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const reset of document.querySelectorAll("[data-reset]")) reset.toggleAttribute("hidden", !this.zoomed);
    void this.renew();
  }

  get zoomed() {
    return new URLSearchParams(location.search).has("from");
  }

  read() {
    const { usual, retention, at, now } = /** @type {HTMLElement | null} */ (document.querySelector("[data-charts]"))?.dataset ?? {};
    const page = { usual: Number(usual) || USUAL, most: Number(retention) || USUAL, at: at ? Number(at) : null, now: now ? Number(now) : Infinity };
    return spanOf(location.search, page);
  }

  /** @returns {import("./figure.js").Around} */
  around() {
    const charts = this;
    return {
      get begins() {
        return charts.begins;
      },
      get marks() {
        const marked = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-marks]"));
        return [...marked].flatMap(({ dataset }) => (dataset.marks ? dataset.marks.split(" ").map(Number) : []));
      },
      zoom: (from, to) => this.go(withSpan(location.href, { from, to })),
      reset: () => this.go(withSpan(location.href, {})),
    };
  }

  /** @param {string} address */
  go(address) {
    if (address === location.href) return;
    history.pushState(history.state, "", address);
    this.follow();
  }

  /** @param {MouseEvent} event */
  choose(event) {
    const link = /** @type {Element} */ (event.target).closest?.("[data-range], [data-reset]");
    if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { range, all } = link.dataset;
    this.go(withSpan(location.href, range ? { range: all === undefined ? range : "all" } : {}));
  }
}
