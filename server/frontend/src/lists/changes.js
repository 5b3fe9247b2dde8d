// Shows which values have just changed, unless that is too many to follow or nobody wants things to move.

const MOST = 300;
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

/** @param {Set<Element>} changed */
export function changes(changed) {
  if (still.matches || changed.size > MOST || document.hidden) return;
  for (const element of changed) {
    element.classList.add("changed");
    element.addEventListener("animationend", settle, { once: true });
  }
}

/** @param {Event} event */
function settle({ currentTarget }) {
  const element = /** @type {Element} */ (currentTarget);
  element.classList.remove("changed");
  if (!element.classList.length) element.removeAttribute("class");
}
