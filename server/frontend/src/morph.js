// What a person has opened or walked to survives every update.

import { Idiomorph } from "idiomorph/htmx";

/** Teach idiomorph what to leave alone: what is open, what is being written. */
export function morphGently() {
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (/** @type {Node} */ old) =>
    !(old instanceof HTMLInputElement && old === document.activeElement);
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (/** @type {string} */ name, /** @type {Element} */ element) =>
    !(name === "open" && element instanceof HTMLDetailsElement) && !(name === "tabindex" && element.matches("tr"));
}
