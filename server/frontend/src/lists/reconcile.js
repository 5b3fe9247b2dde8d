// A list takes up an answer: the order it names, the items it brings, and of all others those the page has.

import { changes } from "./changes.js";
import { standing } from "./order.js";
import { patch } from "./patch.js";

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} made the list as it came
 * @param {() => void} leaveRoom makes up for what goes, before anything asks where things are
 * @returns {boolean} whether the page had all that did not come
 */
export function reconcile(list, made, leaveRoom) {
  const { order = "" } = made.dataset;
  const ids = order ? order.split(" ") : [];
  const there = new Map([...list.children].map((item, place) => [item.id, { item, place }]));
  const came = new Map([...made.children].map((item) => [item.id, item]));
  const focused = document.activeElement;
  const lost = focused && list.contains(focused) ? [...list.children].findIndex((item) => item.contains(focused)) : -1;
  /** @type {Set<Element>} */
  const changed = new Set();
  const items = [];
  const places = [];
  for (const id of ids) {
    const [old, fresh] = [there.get(id), came.get(id)];
    const item = old?.item ?? fresh;
    if (!item) continue;
    if (old && fresh) patch(old.item, fresh, changed);
    items.push(item);
    places.push(old?.place ?? -1);
    there.delete(id);
  }
  for (const { item } of there.values()) item.remove();
  arrange(list, items, standing(places));
  for (const name of ["first", "total", "order"]) list.dataset[name] = made.dataset[name] ?? "";
  leaveRoom();
  if (focused instanceof HTMLElement && lost >= 0) refocus(list, focused, lost);
  changes(changed);
  return items.length === ids.length;
}

/**
 * @param {HTMLElement} list
 * @param {Element[]} items in order
 * @param {Set<number>} stay places of those that are where they should be
 */
function arrange(list, items, stay) {
  let next = null;
  for (let at = items.length - 1; at >= 0; at--) {
    const item = /** @type {Element} */ (items[at]);
    if (!stay.has(at)) place(list, item, next);
    next = item;
  }
}

/**
 * @param {HTMLElement} list
 * @param {Element} item
 * @param {Element | null} next
 */
function place(list, item, next) {
  if (item.isConnected && "moveBefore" in list) {
    /** @type {any} */ (list).moveBefore(item, next); // keeps focus, selection and animations
  } else list.insertBefore(item, next);
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} focused
 * @param {number} place where its item was
 */
function refocus(list, focused, place) {
  if (document.activeElement === focused) return;
  if (focused.isConnected) return focused.focus({ preventScroll: true });
  const item = list.children[Math.min(place, list.children.length - 1)];
  const target = item?.querySelector("a[href]") ?? item;
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
}
