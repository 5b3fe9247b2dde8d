// What a person has opened or walked to survives every update.

import { Idiomorph } from "idiomorph/htmx";

/** Teach idiomorph what to leave alone. Fields stand outside of what is morphed. */
export function morphGently() {
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (/** @type {string} */ name, /** @type {Element} */ element) =>
    !(name === "open" && element instanceof HTMLDetailsElement) && !(name === "tabindex" && element.matches("tr"));
}
