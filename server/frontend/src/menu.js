// Menus hang below the button that opens them, and arrows walk in them. Browsers do the rest: opening, closing, Esc.

const GAP = 6;
const STEPS = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 });

/** Place each menu when it opens, and let arrows walk in it. */
export function placeMenus() {
  document.addEventListener("toggle", ({ target }) => place(target), true);
  window.addEventListener("resize", () => document.querySelectorAll(".menu:popover-open").forEach(place));
  document.addEventListener("keydown", (event) => {
    const menu = /** @type {Element} */ (event.target).closest?.(".menu");
    const by = STEPS[event.key];
    if (!menu || by === undefined || /** @type {Element} */ (event.target).matches("input")) return;
    const items = [...menu.querySelectorAll("a[href], button, input")];
    const next = items[(items.indexOf(/** @type {Element} */ (event.target)) + by + items.length) % items.length];
    if (next instanceof HTMLElement) next.focus();
    event.preventDefault();
  });
}

/** @param {EventTarget | null} menu */
function place(menu) {
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu:popover-open")) return;
  const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`)?.getBoundingClientRect();
  if (!button) return;
  const left = Math.min(button.left, document.documentElement.clientWidth - menu.offsetWidth - GAP);
  menu.style.left = `${Math.max(GAP, left)}px`;
  menu.style.top = `${button.bottom + GAP}px`;
}
