// Printing with every item: those out of view are fetched first, and are on the page for as long as it is printed.
import { offer } from "../actions.js";
import { say } from "../say.js";
import { asked } from "./address.js";
import { drawSparks } from "./sparks.js";

/** Items of one list that are printed at most; more are for a file. */
export const MOST = 5000;
const PART = 400;

/** Offer to print. */
export function printLists() {
  offer("print", () => void print());
  window.addEventListener("afterprint", clear);
}

async function print() {
  const roots = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-list]")]).filter(lacks);
  if (roots.length) say("Fetching what is out of view, to print it");
  const sheets = await Promise.all(roots.map(sheet));
  clear();
  roots.forEach((root, at) => lay(root, sheets[at] ?? []));
  window.print(); // at once: news would take it away again
}

/** @param {HTMLElement} root */
function items(root) {
  return /** @type {HTMLElement | null} */ (root.querySelector("[data-items]"));
}

/** @param {HTMLElement} root */
function lacks(root) {
  const list = items(root);
  return list !== null && list.childElementCount < Number(list.dataset.total);
}

/**
 * @param {HTMLElement} root
 * @returns {Promise<Element[]>} all there is to print; as much of it as the server gives
 */
async function sheet(root) {
  /** @type {Element[]} */
  const found = [];
  const total = Math.min(Number(items(root)?.dataset.total), MOST);
  while (found.length < total) {
    const answer = await fetch(address(root, found.length), { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) break;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-items]");
    if (!made?.childElementCount) break;
    found.push(...made.children);
  }
  return found.slice(0, total);
}

/**
 * @param {HTMLElement} root
 * @param {number} first
 */
function address(root, first) {
  const [path = "", query = ""] = (root.getAttribute("hx-get") ?? "").split("?");
  const values = new URLSearchParams(query);
  for (const [name, value] of asked(window.location.search, root.dataset.list ?? "")) values.set(name, value);
  values.set("first", String(first));
  values.set("count", String(PART));
  return `${path}?${values}`;
}

/**
 * @param {HTMLElement} root
 * @param {Element[]} all
 */
function lay(root, all) {
  const list = items(root);
  if (!list || all.length <= list.childElementCount) return;
  const paper = /** @type {HTMLElement} */ (list.cloneNode(false));
  for (const name of ["id", "data-items", "style"]) paper.removeAttribute(name);
  paper.classList.add("paper");
  for (const one of all) one.removeAttribute("id");
  paper.append(...all);
  list.after(paper);
  drawSparks(paper);
  const total = Number(list.dataset.total);
  if (all.length < total) (list.closest(".scroll") ?? list).after(note(all.length, total));
}

/**
 * @param {number} count
 * @param {number} total
 */
function note(count, total) {
  const line = document.createElement("p");
  line.className = "paper foot";
  line.textContent = `The first ${count.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  return line;
}

function clear() {
  for (const paper of document.querySelectorAll(".paper")) paper.remove();
}
