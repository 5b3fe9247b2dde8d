// The search over everything: what is typed is looked for by the server, arrows choose, Enter goes there.
import { offer } from "./actions.js";
import { open } from "./help.js";

/** What the options that are shown were found for; null: nothing has been asked yet. */
/** @type {string | null} */
let answered = null;
/** @type {KeyboardEvent | null} Enter, pressed before there was an answer to what is written */
let entered = null;
const STEPS = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 });

/**
 * The place a step leads to among so many; one step beyond an end leads to the other, a leap ends there.
 * @param {number} place -1: none yet
 * @param {number} by
 * @param {number} count
 * @returns {number}
 */
export function stepped(place, by, count) {
  if (place < 0) return by > 0 ? 0 : count - 1;
  if (Math.abs(by) === 1) return (place + by + count) % count;
  return Math.min(Math.max(place + by, 0), count - 1);
}

/** Offer the search. */
export function offerSearch() {
  const field = document.getElementById("palette-q");
  const found = document.getElementById("palette-found");
  const dialog = document.getElementById("palette");
  if (!(field instanceof HTMLInputElement) || !found || !(dialog instanceof HTMLDialogElement)) return;
  offer("search", () => {
    if (!open("palette")) return false;
    field.select();
    field.dispatchEvent(new Event("gobs:find"));
    return true;
  });
  field.addEventListener("keydown", (event) => obey(event, field, found));
  dialog.addEventListener("close", () => (entered = null));
  found.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest("a")) dialog.close();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { target, requestConfig } = /** @type {CustomEvent} */ (event).detail;
    if (target === found) arrived(field, found, requestConfig.parameters.q ?? "");
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} field
 * @param {Element} found
 */
function obey(event, field, found) {
  const options = [...found.querySelectorAll("a")];
  const chosen = options.findIndex((option) => option.ariaSelected === "true");
  const by = STEPS[event.key];
  if (event.isComposing) return;
  entered = null;
  if (event.key === "Enter" && field.value !== answered) entered = event;
  else if (!options.length) return;
  else if (by !== undefined) choose(field, options, stepped(chosen, by, options.length));
  else if (event.key === "Enter" && chosen >= 0) go(event, options[chosen]);
  else return;
  event.preventDefault();
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLAnchorElement | undefined} option
 */
function go({ ctrlKey, metaKey, shiftKey }, option) {
  option?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey }));
}

/**
 * @param {HTMLInputElement} field
 * @param {Element} found
 * @param {string} query what was found is the answer to
 */
function arrived(field, found, query) {
  const options = [...found.querySelectorAll("a")];
  const count = document.getElementById("palette-count");
  if (count) count.textContent = `${options.length} found`;
  choose(field, options, options.length ? 0 : -1);
  found.scrollTop = 0;
  answered = query;
  if (entered && field.value === query) go(entered, options[0]);
}

/**
 * @param {HTMLInputElement} field
 * @param {HTMLAnchorElement[]} options
 * @param {number} place
 */
function choose(field, options, place) {
  options.forEach((option, at) => (option.ariaSelected = String(at === place)));
  const chosen = options[place];
  if (chosen) field.setAttribute("aria-activedescendant", chosen.id);
  else field.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}
