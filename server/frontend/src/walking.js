// Arrows walk over cards and rows, and what is walked on keeps the focus through every update.
import { offer } from "./actions.js";
import { nearest } from "./moves.js";

/** @typedef {import("./moves.js").Direction} Direction */

const ITEMS = "main .card, main .tile[id], main tbody:not(.space) tr";
const DIRECTIONS = /** @type {Direction[]} */ (["up", "down", "left", "right"]);

/** Offer the four steps. */
export function walk() {
  for (const direction of DIRECTIONS) offer(direction, () => step(direction));
}

/** @param {Direction} direction */
function step(direction) {
  const here = document.activeElement?.closest(ITEMS);
  const next = here ? beside(here, direction) : direction === "down" || direction === "up" ? first() : undefined;
  if (!next) return false;
  const target = next.querySelector("a[href]") ?? next;
  if (!(target instanceof HTMLElement)) return false;
  if (target === next && !next.hasAttribute("tabindex")) next.setAttribute("tabindex", "-1");
  target.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

/**
 * @param {Element} here
 * @param {Direction} direction
 * @returns {Element | undefined}
 */
function beside(here, direction) {
  if (here.matches("tr")) {
    const next = direction === "down" ? here.nextElementSibling : here.previousElementSibling;
    if (direction === "left" || direction === "right") return undefined;
    if (next) return next;
  }
  const items = [...document.querySelectorAll(ITEMS)];
  const others = here.matches("tr") ? items.filter((item) => item.closest("table") !== here.closest("table")) : items;
  const place = nearest(here.getBoundingClientRect(), others.map((item) => item.getBoundingClientRect()), direction);
  return others[place];
}

/** @returns {Element | undefined} the first that can be seen whole */
function first() {
  const top = document.querySelector(".top")?.getBoundingClientRect().bottom ?? 0;
  return [...document.querySelectorAll(ITEMS)].find((item) => item.getBoundingClientRect().top >= top - 1);
}
