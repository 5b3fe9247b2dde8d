// What a person has in hand survives every update: text being typed, and what was opened.

import { Idiomorph } from "idiomorph/htmx";

/** Teach idiomorph what to leave alone. */
export function morphGently() {
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (/** @type {string} */ name, /** @type {Element} */ element) =>
    !(name === "open" && element instanceof HTMLDetailsElement);
}
