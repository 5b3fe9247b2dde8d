// Shortcuts: what the help lists is what the keys do; never while something is being written.
import { offer, perform } from "./actions.js";
import { matcher, named } from "./keys.js";
import { keep, kept, whenKept } from "./kept.js";

const WRITING = "input:not([type=radio], [type=checkbox], [type=button]), textarea, select, [contenteditable]";
/** What has uses of its own for arrows and letters. */
const BUSY = "dialog[open], [popover]:popover-open, [role=listbox], [role=tablist], [role=slider], input";

/** Obey the keyboard. */
export function obeyKeys() {
  const bindings = new Map(
    [...document.querySelectorAll("#help [data-keys]")].flatMap((line) => {
      const { keys = "", does = "" } = /** @type {HTMLElement} */ (line).dataset;
      return keys.split("|").map((one) => /** @type {[string, string]} */ ([one, does]));
    }),
  );
  const match = matcher(bindings);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape") leave();
    const key = named(event);
    if (!key || !isMeant(key)) return;
    const action = match(key, event.timeStamp);
    if (action === undefined) return;
    if (perform(action)) event.preventDefault();
  });
  offer("filter", () => {
    const field = document.querySelector("main input[type=search]");
    if (!(field instanceof HTMLElement)) return false;
    field.focus();
    return true;
  });
  followChoice();
}

/**
 * Whether a key is a shortcut here and now.
 * @param {string} key
 */
function isMeant(key) {
  const focused = document.activeElement;
  if (key.startsWith("Mod+")) return true;
  if (kept("keys") === "off" || focused?.closest(WRITING)) return false;
  if (document.querySelector("dialog[open]")) return false;
  return !key.startsWith("Arrow") || !(focused?.closest(BUSY) || focused?.matches(".scroll"));
}

function leave() {
  const field = document.activeElement;
  if (field instanceof HTMLInputElement && !field.closest("dialog") && !field.value) field.blur();
}

/** A person may switch single keys off, which a voice or a cat could press. */
function followChoice() {
  const show = () => {
    const field = document.getElementById("keys");
    if (field instanceof HTMLInputElement) field.checked = kept("keys") !== "off";
  };
  show();
  document.getElementById("keys")?.addEventListener("change", ({ target }) => {
    keep("keys", /** @type {HTMLInputElement} */ (target).checked ? "on" : "off");
  });
  whenKept("keys", show);
}
