// What a chart says in words: the values at the cursor, the same for those who listen, and all of them as a table.
import { both, clock } from "../zones.js";
import { exact, full } from "./units.js";

const ROWS = 200;
const FAR = 10;
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -FAR, PageDown: FAR };

export class Said {
  /** @param {import("./figure.js").Figure} figure */
  constructor(figure) {
    this.figure = figure;
    const find = (/** @type {string} */ name) => /** @type {HTMLElement} */ (figure.element.querySelector(name));
    this.time = find(".chart-time");
    this.spoken = find(".chart-said");
    this.table = /** @type {HTMLDetailsElement} */ (find(".chart-values"));
    this.values = /** @type {HTMLElement[]} */ ([...figure.element.querySelectorAll("[data-line] b")]);
    this.labels = [...figure.element.querySelectorAll("[data-line] bdi")].map((label) => label.textContent ?? "");
    this.table.addEventListener("toggle", () => this.tabulate());
    find(".legend").addEventListener("click", ({ target }) => this.toggle(/** @type {Element} */ (target)));
    find(".plot").addEventListener("keydown", (event) => this.move(event));
  }

  /** Write the values at the cursor, or the newest where there is none. */
  renew() {
    const { points, plot, plan, newest } = this.figure;
    const at = plot.cursor ?? newest;
    const time = points.times[at];
    this.time.textContent = time === undefined || plot.cursor === null ? "" : clock(time * 1000);
    this.time.title = time === undefined ? "" : both(time * 1000);
    this.values.forEach((value, line) => {
      const number = points.lines[line]?.[at];
      const [text, title] = [full(number, plan), exact(number, plan)];
      if (value.textContent !== text) value.textContent = text;
      if (value.title !== title) value.title = title;
    });
    if (plot.cursor === null) this.tabulate();
  }

  /** @param {Element} target */
  toggle(target) {
    const button = target.closest("[data-line]");
    if (!(button instanceof HTMLElement)) return;
    const line = Number(button.dataset.line);
    const { shown } = this.figure;
    shown[line] = !shown[line];
    button.setAttribute("aria-pressed", String(shown[line]));
    this.figure.draw();
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const { points, plot, newest, around, window } = this.figure;
    const { key } = event;
    const at = plot.cursor ?? newest + 1;
    const steps = STEPS[key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (steps) this.go(Math.min(Math.max(at + (event.shiftKey ? steps * FAR : steps), 0), points.times.length - 1));
    else if (key === "Home" || key === "End") this.go(key === "Home" ? 0 : points.times.length - 1);
    else if (key === "Escape" && plot.cursor !== null) plot.point(null);
    else if (key === "+" || key === "-") {
      const middle = points.times[at] ?? (window.from + window.to) / 2;
      const half = ((window.to - window.from) / 2) * (key === "+" ? 0.5 : 2);
      around.zoom(middle - half, middle + half);
    } else if (key === "0") around.reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} at */
  go(at) {
    if (at < 0) return;
    const { points, plot, plan, shown } = this.figure;
    plot.point(at);
    const values = points.lines.flatMap((line, place) => (shown[place] ? [`${this.labels[place]} ${full(line[at], plan)}`] : []));
    this.spoken.textContent = `${clock(points.times[at] * 1000)}: ${values.join(", ")}`;
  }

  /** Write the newest of the points as a table, while anybody looks at that. */
  tabulate() {
    if (!this.table.open) return;
    const { points, plan, newest } = this.figure;
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const text of ["time", ...this.labels]) head.append(cell("th", text));
    const body = table.createTBody();
    for (let at = newest; at > Math.max(newest - ROWS, -1); at--) {
      const row = body.insertRow();
      const time = cell("th", clock(points.times[at] * 1000));
      time.title = both(points.times[at] * 1000);
      row.append(time, ...points.lines.map((line) => cell("td", full(line[at], plan), exact(line[at], plan))));
    }
    this.table.querySelector(".chart-rows")?.replaceChildren(table);
  }
}

/**
 * @param {"th" | "td"} name
 * @param {string} text
 * @param {string} [title]
 */
function cell(name, text, title = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (title) made.title = title;
  return made;
}
