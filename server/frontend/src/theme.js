// Light or dark: as the system has it until a person chooses, and what colours that makes for a canvas.
import { offer } from "./actions.js";
import { keep, kept, whenKept } from "./kept.js";
import { say } from "./say.js";

const THEMES = ["system", "dark", "light"];

/**
 * @param {string | null} theme
 * @returns {string} the one after it
 */
export function themeAfter(theme) {
  return THEMES[(THEMES.indexOf(theme ?? "system") + 1) % THEMES.length] ?? "system";
}

/** Follow the system, the person, and what the person chooses on another page. */
export function followTheme() {
  show();
  offer("theme", () => {
    choose(themeAfter(kept("theme")));
    say(`Theme: ${kept("theme") ?? "system"}`);
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.name === "theme") choose(field.value);
  });
  whenKept("theme", show);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
}

/**
 * The colour a token of the style sheet has now, as a canvas understands it. It changes with each `gobs:theme` event
 * of the document.
 * @param {string} token such as "series-1"
 * @returns {string}
 */
export function colour(token) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${token})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** @param {string} theme */
function choose(theme) {
  keep("theme", theme);
  show();
}

function show() {
  const chosen = kept("theme") ?? "system";
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  for (const field of document.querySelectorAll("input[name=theme]")) {
    if (field instanceof HTMLInputElement) field.checked = field.value === chosen;
  }
  tell();
}

function tell() {
  document.dispatchEvent(new Event("gobs:theme"));
}
