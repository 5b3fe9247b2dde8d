// Which items of a list are in view, and how much room those take that are not on the page.

/** Screens above and below the view that are on the page too. */
const MARGIN = 0.75;
/** Pixels there are at least, where little of a list can be seen. */
const LEAST = 400;
const STEP = 4;

/** @typedef {{ first: number, count: number }} Part */
/** @typedef {{ columns: number, pitch: number }} Grid */

/**
 * @param {number} top where the whole list begins, from the top of the view
 * @param {number} height of the view
 * @param {Grid} grid
 * @param {number} total
 * @returns {Part} the part that should be on the page
 */
export function part(top, height, { columns, pitch }, total) {
  const rows = Math.ceil(total / columns);
  const margin = Math.max(height * MARGIN, LEAST);
  const before = Math.floor((-top - margin) / pitch);
  const first = Math.max(0, Math.min(before - (before % STEP), rows - Math.ceil(height / pitch)));
  const last = Math.min(rows, Math.ceil((-top + height + margin) / pitch));
  const whole = Math.ceil(Math.max(last - first, 1) / STEP) * STEP;
  return { first: first * columns, count: whole * columns };
}

/**
 * @param {number} top
 * @param {number} height
 * @param {Grid} grid
 * @param {number} total
 * @param {Part} there
 * @returns {boolean} whether something in view is not on the page
 */
export function lacks(top, height, { columns, pitch }, total, there) {
  const first = Math.max(0, Math.floor(-top / pitch)) * columns;
  const last = Math.min(total, Math.ceil((height - top) / pitch) * columns);
  return last > first && (first < there.first || last > Math.min(total, there.first + there.count));
}

/**
 * @param {HTMLElement} list
 * @returns {Grid | undefined} how its items lie; nothing can be said of an empty one
 */
export function grid(list) {
  const item = list.firstElementChild;
  if (!(item instanceof HTMLElement) || !item.offsetHeight) return undefined;
  // Rows of a table are not all of the same height, by fractions of a pixel: of 20,000 that makes a screen.
  const rows = list instanceof HTMLTableSectionElement ? list.childElementCount : 0;
  if (rows) return { columns: 1, pitch: list.getBoundingClientRect().height / rows };
  const style = getComputedStyle(list);
  const columns = style.gridTemplateColumns.split(" ").length;
  return { columns, pitch: item.getBoundingClientRect().height + (parseFloat(style.rowGap) || 0) };
}

/**
 * @param {HTMLElement} list
 * @returns {{ top: number, height: number }} the view, from where the whole list begins
 */
export function view(list) {
  const scroller = frame(list);
  const box = scroller?.getBoundingClientRect();
  const [above, below] = [Math.max(0, box?.top ?? 0), Math.min(window.innerHeight, box?.bottom ?? window.innerHeight)];
  return { top: start(list) - above, height: Math.max(0, below - above) };
}

/**
 * Leave as much room before and after the items as those would take that are not on the page.
 * @param {HTMLElement} list
 * @param {Grid} grid
 */
export function leaveRoom(list, { columns, pitch }) {
  const first = Number(list.dataset.first);
  const rows = Math.ceil(Number(list.dataset.total) / columns);
  const before = Math.floor(first / columns);
  const after = Math.max(0, rows - before - Math.ceil(list.childElementCount / columns));
  if (list instanceof HTMLTableSectionElement) {
    room(list.previousElementSibling, before * pitch);
    room(list.nextElementSibling, after * pitch);
  } else {
    list.style.paddingTop = `${before * pitch}px`;
    list.style.paddingBottom = `${after * pitch}px`;
  }
}

/**
 * @param {Element | null} space
 * @param {number} height
 */
function room(space, height) {
  const cell = space?.matches(".space") ? space.querySelector("td") : null;
  if (cell) cell.style.height = `${height}px`;
}

/** @param {HTMLElement} list */
function start(list) {
  const space = list.previousElementSibling;
  const begins = list instanceof HTMLTableSectionElement && space?.matches(".space") ? space : list;
  return begins.getBoundingClientRect().top;
}

/**
 * @param {HTMLElement} list
 * @returns {Element | null} what the list scrolls in, if that is not the page
 */
export function frame(list) {
  return list.closest(".scroll");
}
