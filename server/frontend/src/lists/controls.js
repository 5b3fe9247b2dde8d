// Links and fields of a list change what is asked of it: in the page's address first, then on the page.

import { offer } from "../actions.js";
import { say } from "../say.js";
import { asked, changed, sortedToo } from "./address.js";

const LISTS = "[data-list]";
const TYPING = 200;
let timer = 0;

/** Obey links that ask for something else, and fields. */
export function obeyControls() {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("[data-list] a[data-ask]");
    const button = /** @type {Element} */ (event.target).closest?.("[data-list] [data-pin]");
    if (button instanceof HTMLElement) pin(button);
    if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey || event.button) return;
    event.preventDefault();
    follow(link, event.shiftKey);
  });
  document.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.type !== "search" || !target.closest("form[data-asks]")) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => take(/** @type {HTMLFormElement} */ (target.form), true), TYPING);
  });
  document.addEventListener("change", ({ target }) => {
    const form = /** @type {Element} */ (target).closest?.("form[data-asks]");
    if (form instanceof HTMLFormElement) take(form, /** @type {Element} */ (target).matches("[type=search]"));
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("form[data-asks]")) return;
    event.preventDefault();
    take(form, false);
  });
  offer("pin", () => {
    const button = document.activeElement?.closest("tr")?.querySelector("[data-pin]");
    if (!(button instanceof HTMLElement)) return false;
    pin(button);
    return true;
  });
  window.addEventListener("popstate", () => {
    for (const root of document.querySelectorAll(LISTS)) renew(/** @type {HTMLElement} */ (root));
  });
}

/**
 * @param {HTMLElement} link
 * @param {boolean} more whether an order is to be added to the one there is
 */
function follow(link, more) {
  const root = /** @type {HTMLElement} */ (link.closest(LISTS));
  const prefix = root.dataset.list ?? "";
  const changes = [...new URLSearchParams(link.dataset.ask)];
  const now = new Map(asked(window.location.search, prefix));
  const { first } = link.dataset;
  if (more && first) changes.splice(0, changes.length, ["sort", sortedToo(now.get("sort") ?? "", first)]);
  go(root, changes, false);
}

/** @param {HTMLElement} button of the row that is to stand first, or not any more */
function pin(button) {
  const root = /** @type {HTMLElement} */ (button.closest(LISTS));
  const id = button.dataset.pin ?? "";
  const pins = new Map(asked(window.location.search, root.dataset.list ?? "")).get("pins")?.split(",") ?? [];
  const others = pins.filter((one) => one !== id);
  if (others.length === pins.length) others.push(id);
  go(root, [["pins", others.join(",")]], false);
  say(button.getAttribute("aria-pressed") === "true" ? "Not pinned any more" : "Pinned: it stays at the top");
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} typing whether that is a step on the way to what is meant
 */
function take(form, typing) {
  window.clearTimeout(timer);
  const root = form.closest(LISTS);
  if (root instanceof HTMLElement) go(root, written(form), typing);
}

/**
 * @param {HTMLFormElement} form
 * @returns {Array<[string, string]>} what it asks for; several boxes that are all checked ask for nothing
 */
function written(form) {
  /** @type {Map<string, { given: string[], boxes: number }>} */
  const fields = new Map();
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement) || !field.name) continue;
    if ("elsewhere" in field.dataset) continue; // it stands in the address already, for those without scripts
    const box = field instanceof HTMLInputElement && /checkbox|radio/.test(field.type);
    const one = fields.get(field.name) ?? { given: [], boxes: 0 };
    fields.set(field.name, one);
    if (box) one.boxes++;
    if (!box || /** @type {HTMLInputElement} */ (field).checked) one.given.push(field.value);
  }
  return [...fields].map(([name, { given, boxes }]) => [
    name,
    boxes > 1 && given.length === boxes ? "" : given.join(","),
  ]);
}

/**
 * @param {HTMLElement} root
 * @param {Array<[string, string]>} changes
 * @param {boolean} quietly whether going back should pass over it
 */
function go(root, changes, quietly) {
  const search = changed(window.location.search, root.dataset.list ?? "", changes);
  if (search === window.location.search) return;
  const address = window.location.pathname + search;
  if (quietly) window.history.replaceState(null, "", address);
  else window.history.pushState(null, "", address);
  renew(root);
}

/** @param {HTMLElement} root */
function renew(root) {
  const values = new Map(asked(window.location.search, root.dataset.list ?? ""));
  const field = document.activeElement;
  if (field instanceof HTMLInputElement && root.contains(field) && field.type === "search") {
    if (field.value.trim() !== (values.get(field.name) ?? "")) field.value = values.get(field.name) ?? "";
  }
  root.dispatchEvent(new Event("gobs:asked"));
}
