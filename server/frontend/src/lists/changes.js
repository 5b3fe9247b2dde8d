// Shows which values have just changed, unless that is too many to follow or nobody wants things to move.

const MOST = 300;
const FADING = 24; // more of them fading would keep the page's thread busy in every frame of a second
const SHOWN = 1200; // milliseconds a mark that does not fade stays
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

/** @param {Set<Element>} changed */
export function changes(changed) {
  if (still.matches || changed.size > MOST || document.hidden) return;
  const fading = changed.size <= FADING;
  for (const element of changed) {
    element.classList.add("changed");
    element.classList.toggle("fading", fading);
    if (fading) element.addEventListener("animationend", ended, { once: true });
  }
  if (!fading) setTimeout(() => changed.forEach(settle), SHOWN);
}

/** @param {Event} event */
function ended({ currentTarget }) {
  settle(/** @type {Element} */ (currentTarget));
}

/** @param {Element} element */
function settle(element) {
  element.classList.remove("changed", "fading");
  if (!element.classList.length) element.removeAttribute("class");
}
