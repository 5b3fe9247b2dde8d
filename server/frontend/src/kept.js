// What a person has chosen, kept in this browser; one that may keep nothing forgets it with the page.

const PREFIX = "gobs.";
/** @type {Map<string, string>} */
const here = new Map();

/**
 * @param {string} name
 * @returns {string | null}
 */
export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return here.get(name) ?? null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function keep(name, value) {
  here.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // full, or forbidden
  }
}

/**
 * Call `change` whenever another page of this browser has chosen otherwise.
 * @param {string} name
 * @param {() => void} change
 */
export function whenKept(name, change) {
  window.addEventListener("storage", (event) => {
    if (event.key === PREFIX + name) change();
  });
}
