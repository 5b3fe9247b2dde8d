// What a person has in hand survives every update: text being typed, and what was opened.

/** Teach idiomorph what to leave alone. */
export function morphGently() {
  const { Idiomorph } = window;
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (/** @type {string} */ name, /** @type {Element} */ element) =>
    !(name === "open" && element instanceof HTMLDetailsElement);
}
