// Lists that stay up to date: a poll says what of a list is in view and what of that the page has.

import { Idiomorph } from "idiomorph/htmx";
import { asked } from "./address.js";
import { obeyControls } from "./controls.js";
import { reconcile } from "./reconcile.js";
import { drawSparks } from "./sparks.js";
import { grid, lacks, leaveRoom, part, view } from "./view.js";

const LISTS = "[data-list]";
/** @type {WeakSet<Element>} lists that lacked something they were said to have */
const lacking = new WeakSet();

/** Keep every list of the page up to date, and what is asked of it in the page's address. */
export function keepLists() {
  const { callbacks } = Idiomorph.defaults;
  const before = callbacks.beforeNodeMorphed;
  callbacks.beforeNodeMorphed = (old, made) => {
    if (!(made instanceof HTMLElement) || !(old instanceof HTMLElement)) return before?.(old, made);
    if ("same" in made.dataset) return false;
    if (!("items" in made.dataset) || old.id !== made.id) return before?.(old, made);
    take(old, made);
    return false;
  };
  document.addEventListener("htmx:configRequest", (event) => ask(/** @type {CustomEvent} */ (event).detail));
  document.addEventListener("htmx:afterSwap", ({ target }) => {
    const root = /** @type {Element} */ (target).closest(LISTS);
    if (root instanceof HTMLElement) settle(root);
  });
  document.addEventListener("htmx:afterRequest", ({ target }) => {
    if (target instanceof HTMLElement && target.matches(LISTS)) catchUp(target);
  });
  document.addEventListener("scroll", look, { capture: true, passive: true });
  window.addEventListener("resize", look);
  obeyControls();
  for (const root of lists()) settle(root);
}

/**
 * Take up an answer. There must be room for what goes before anybody looks how long the page is: it would scroll.
 * @param {HTMLElement} list
 * @param {HTMLElement} made
 */
function take(list, made) {
  const root = list.closest(LISTS);
  const lie = grid(list);
  if (!reconcile(list, made, () => lie && leaveRoom(list, lie)) && root) lacking.add(root);
}

/** @returns {HTMLElement[]} */
export function lists() {
  return [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(LISTS))];
}

/** @param {HTMLElement} root */
function items(root) {
  return /** @type {HTMLElement | null} */ (root.querySelector("[data-items]"));
}

/** @param {{ elt: HTMLElement, parameters: Record<string, string>, headers: Record<string, string> }} request */
function ask({ elt, parameters, headers }) {
  if (!elt.matches(LISTS)) return;
  for (const [name, value] of asked(window.location.search, elt.dataset.list ?? "")) parameters[name] = value;
  const list = items(elt);
  const wanted = list ? window_(list) : undefined;
  if (list && wanted) {
    parameters.first = String(wanted.first);
    parameters.count = String(wanted.count);
  }
  const { search = window.location.search } = elt.dataset;
  if (search !== window.location.search || lacking.has(elt)) delete headers["If-None-Match"];
  else if (list) headers["Gobs-Have"] = list.childElementCount >= Number(list.dataset.total) ? "*" : list.dataset.order ?? "";
  lacking.delete(elt);
  elt.dataset.search = window.location.search;
}

/** @param {HTMLElement} list */
function window_(list) {
  const lie = grid(list);
  if (!lie) return undefined;
  const { top, height } = view(list);
  return part(top, height, lie, Number(list.dataset.total));
}

/**
 * After an answer: room for what is not there, sparks, and at once what turned out to be missing.
 * @param {HTMLElement} root
 */
function settle(root) {
  drawSparks(root);
  const list = items(root);
  const lie = list ? grid(list) : undefined;
  if (list && lie) {
    leaveRoom(list, lie);
    number(list);
  }
  if (lacking.has(root)) window.setTimeout(() => root.dispatchEvent(new Event("gobs:asked")));
  else if (list) window.setTimeout(() => see(root, list)); // when this answer is done with: one is asked for at a time
}

/**
 * Ask again at once if something else is asked for than the answer was about.
 * @param {HTMLElement} root
 */
function catchUp(root) {
  const { search = window.location.search } = root.dataset;
  if (search !== window.location.search) window.setTimeout(() => root.dispatchEvent(new Event("gobs:asked")));
}

/** @param {HTMLElement} list */
function number(list) {
  const { first = "0", total = "0" } = list.dataset;
  const rows = list instanceof HTMLTableSectionElement;
  [...list.children].forEach((item, at) => {
    const place = Number(first) + at + 1;
    if (rows) say(item, "aria-rowindex", place + 1); // the row of headings is the first
    else {
      say(item, "aria-posinset", place);
      say(item, "aria-setsize", Number(total));
    }
  });
}

/**
 * @param {Element} item
 * @param {string} name
 * @param {number} value
 */
function say(item, name, value) {
  if (item.getAttribute(name) !== String(value)) item.setAttribute(name, String(value));
}

let looking = 0;

function look() {
  looking ||= window.requestAnimationFrame(() => {
    looking = 0;
    for (const root of lists()) {
      const list = items(root);
      if (list) see(root, list);
    }
  });
}

/**
 * Ask at once for what has come into view.
 * @param {HTMLElement} root
 * @param {HTMLElement} list
 */
function see(root, list) {
  const lie = grid(list);
  if (!lie) return;
  const { top, height } = view(list);
  const there = { first: Number(list.dataset.first), count: list.childElementCount };
  if (lacks(top, height, lie, Number(list.dataset.total), there)) root.dispatchEvent(new Event("gobs:asked"));
}
