// The beat all polls go by: how often a person wants news, and whether at all.
import { offer } from "./actions.js";
import { keep, kept, whenKept } from "./kept.js";
import { say } from "./say.js";
import { clock } from "./zones.js";

const HIDDEN = 30;
/** Seconds between two polls at least and at most, whatever is kept. */
const LEAST = 0.5;
const MOST = 3600;

let timer = 0;
/** When what is shown stopped to be renewed; 0: it is being renewed. */
let since = 0;

/**
 * @param {string | null} chosen seconds as the person chose them
 * @param {string | undefined} usual seconds as the server is set
 * @param {boolean} hidden
 * @returns {number} seconds between two polls
 */
export function beat(chosen, usual, hidden) {
  const seconds = [Number(chosen ?? ""), Number(usual ?? "")].find((one) => one >= LEAST && one <= MOST) ?? 2;
  return hidden ? Math.max(seconds, HIDDEN) : seconds;
}

/** Dispatch `gobs:tick` on the body at every beat, and `gobs:now` when news is wanted at once. */
export function keepLive() {
  if (isPaused()) since = Date.now();
  offer("pause", () => {
    pause(!isPaused());
    say(isPaused() ? "Paused: what is shown stays as it is" : "Live again");
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || field.name !== "refresh") return;
    keep("refresh", field.value);
    pause(false);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) now();
    begin();
  });
  whenKept("refresh", () => (show(), begin()));
  whenKept("paused", () => follow(isPaused()));
  show();
  begin();
}

/** @returns {boolean} */
export function isPaused() {
  return kept("paused") === "yes";
}

/** @param {boolean} wanted */
function pause(wanted) {
  keep("paused", wanted ? "yes" : "no");
  follow(wanted);
}

/** @param {boolean} paused */
function follow(paused) {
  since = paused ? since || Date.now() : 0;
  show();
  now();
  begin();
}

function begin() {
  window.clearTimeout(timer);
  if (isPaused()) return;
  timer = window.setTimeout(() => {
    document.body.dispatchEvent(new Event("gobs:tick"));
    begin();
  }, seconds(document.hidden) * 1000);
}

function now() {
  if (!isPaused()) document.body.dispatchEvent(new Event("gobs:now"));
}

/** @param {boolean} hidden */
function seconds(hidden) {
  return beat(kept("refresh"), document.documentElement.dataset.refresh, hidden);
}

function show() {
  const button = document.getElementById("live");
  if (!button) return;
  const past = document.querySelector("#timebar[data-at]") !== null;
  button.setAttribute("aria-pressed", String(since > 0));
  document.body.dataset.live = past ? "past" : since ? "paused" : "on";
  const words = button.querySelector("[data-words]");
  if (words) words.textContent = past ? "Past" : since ? `Paused since ${clock(since)}` : "Live";
  for (const field of document.querySelectorAll("input[name=refresh]")) {
    if (field instanceof HTMLInputElement) field.checked = Number(field.value) === seconds(false);
  }
}
