// Draws the last minutes of a value from a short text: a character for each sample, a gap for what is not known.

const LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const POINTS = 60;
const HEIGHT = 19;

/**
 * @param {string} text the newest sample last
 * @returns {string} the path, in a box of 59 x 20
 */
export function path(text) {
  let drawn = "";
  let pen = "M";
  [...text].forEach((character, at) => {
    const level = LEVELS.indexOf(character);
    if (level < 0) {
      pen = "M";
      return;
    }
    const x = POINTS - text.length + at;
    const y = (HEIGHT - (level / (LEVELS.length - 1)) * (HEIGHT - 1)).toFixed(1);
    drawn += `${pen}${x} ${y}`;
    if (pen === "M" && LEVELS.indexOf(text[at + 1] ?? " ") < 0) drawn += "h.5"; // a sample that stands alone
    pen = "L";
  });
  return drawn;
}

/** @param {ParentNode} within */
export function drawSparks(within) {
  for (const line of within.querySelectorAll("path[data-t]")) {
    const { t = "" } = /** @type {SVGElement} */ (line).dataset;
    const drawn = path(t);
    if (line.getAttribute("d") !== drawn) line.setAttribute("d", drawn);
  }
}
