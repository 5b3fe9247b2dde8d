// What can be done on a page, by name: the keyboard, buttons and menus ask for it here.

/** @type {Map<string, () => boolean | void>} */
const actions = new Map();

/**
 * Let an action be asked for.
 * @param {string} name
 * @param {() => boolean | void} run returns false where there was nothing to do
 */
export function offer(name, run) {
  actions.set(name, run);
}

/**
 * Do it; an action that begins with a slash is an address to go to.
 * @param {string} name
 * @returns {boolean} whether there was something to do
 */
export function perform(name) {
  if (name.startsWith("/")) window.location.assign(name);
  else return (actions.get(name) ?? none)() !== false;
  return true;
}

function none() {
  return false;
}

/** Let whatever carries `data-action` do that when it is pressed. */
export function obeyButtons() {
  document.addEventListener("click", (event) => {
    const pressed = /** @type {Element} */ (event.target).closest?.("[data-action]");
    if (pressed instanceof HTMLElement && pressed.dataset.action) perform(pressed.dataset.action);
  });
}
