// The list of all shortcuts, and how any dialog is left with a press beside it.
import { offer } from "./actions.js";

/** Offer the help. */
export function offerHelp() {
  offer("help", () => open("help"));
  document.addEventListener("click", ({ target }) => {
    if (target instanceof HTMLDialogElement && target.open) target.close(); // what covers the page belongs to it
  });
}

/**
 * Open a dialog over the page.
 * @param {string} id
 * @returns {boolean} whether it was closed before
 */
export function open(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return false;
  dialog.showModal();
  return true;
}
