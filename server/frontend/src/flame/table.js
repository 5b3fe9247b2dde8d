// The functions of a profile as a table, by what they took themselves and with all they call.
import { many, percent, points } from "./said.js";

const MOST = 300;

/** @typedef {"name" | "self" | "total" | "change"} Order */

export class Table {
  /**
   * @param {HTMLElement} place holds a table
   * @param {(called: number) => void} chosen
   */
  constructor(place, chosen) {
    this.place = place;
    this.body = /** @type {HTMLElement} */ (place.querySelector("tbody"));
    this.more = /** @type {HTMLElement} */ (place.querySelector("[data-more]"));
    /** @type {Order} */
    this.order = "self";
    this.repeat = () => {};
    place.addEventListener("click", (event) => {
      const pressed = /** @type {HTMLElement} */ (event.target).closest("button");
      if (pressed?.dataset.called) chosen(Number(pressed.dataset.called));
      if (pressed?.dataset.order) this.sort(/** @type {Order} */ (pressed.dataset.order));
    });
  }

  /** @param {Order} order */
  sort(order) {
    this.order = order;
    for (const heading of this.place.querySelectorAll("th")) {
      const mine = heading.querySelector("button")?.dataset.order === order;
      if (mine) heading.setAttribute("aria-sort", order === "name" ? "ascending" : "descending");
      else heading.removeAttribute("aria-sort");
    }
    this.repeat();
  }

  /**
   * @param {import("./functions.js").Functions} functions
   * @param {import("./layout.js").Line[]} lines
   * @param {number[]} scales
   * @param {Uint8Array | null} matching
   */
  show(functions, lines, scales, matching) {
    this.repeat = () => this.show(functions, lines, scales, matching);
    const compared = scales[1] > 0;
    for (const cell of this.place.querySelectorAll("thead [data-compared]")) /** @type {HTMLElement} */ (cell).hidden = !compared;
    const some = matching ? lines.filter(({ called }) => matching[called]) : lines;
    const sorted = [...some].sort(comparison(this.order, functions, scales));
    this.body.replaceChildren(...sorted.slice(0, MOST).map((line) => row(functions, line, scales, compared)));
    this.more.textContent =
      sorted.length > MOST ? `The first ${MOST} of ${many(sorted.length)} functions are shown; search for others.` : sorted.length ? "" : "No function is so.";
  }
}

/**
 * @param {Order} order
 * @param {import("./functions.js").Functions} functions
 * @param {number[]} scales
 * @returns {(a: import("./layout.js").Line, b: import("./layout.js").Line) => number}
 */
function comparison(order, functions, scales) {
  const change = (/** @type {import("./layout.js").Line} */ { total }) => Math.abs(total[0] * scales[0] - total[1] * scales[1]);
  if (order === "name") return (a, b) => (functions.names[a.called] < functions.names[b.called] ? -1 : 1);
  if (order === "change") return (a, b) => change(b) - change(a) || a.called - b.called;
  return (a, b) => b[order][0] - a[order][0] || b.total[0] - a.total[0] || a.called - b.called;
}

/**
 * @param {import("./functions.js").Functions} functions
 * @param {import("./layout.js").Line} line
 * @param {number[]} scales
 * @param {boolean} compared
 */
function row(functions, { called, self, total }, scales, compared) {
  const made = document.createElement("tr");
  const heading = document.createElement("th");
  heading.scope = "row";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "flame-name";
  button.dataset.called = String(called);
  button.dataset.kind = functions.kinds[called];
  button.textContent = functions.names[called];
  button.title = "Its callers and what it calls";
  heading.append(button);
  made.append(heading, cell(functions.modules[called], "t"));
  made.append(cell(percent(self[0] * scales[0])), cell(many(self[0])), cell(percent(total[0] * scales[0])), cell(many(total[0])));
  if (compared) made.append(cell(percent(total[1] * scales[1])), cell(points(total[0] * scales[0], total[1] * scales[1])));
  return made;
}

/**
 * @param {string} text
 * @param {string} [kind]
 */
function cell(text, kind = "") {
  const made = document.createElement("td");
  made.className = kind;
  made.textContent = text;
  if (kind) made.title = text;
  return made;
}
