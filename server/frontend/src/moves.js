// Which card or row lies in a direction.

/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */
/** @typedef {"up" | "down" | "left" | "right"} Direction */

/**
 * @param {Box} from
 * @param {Box[]} boxes
 * @param {Direction} direction
 * @returns {number} the place of the nearest box that lies there; -1: none does
 */
export function nearest(from, boxes, direction) {
  let best = -1;
  let least = Infinity;
  boxes.forEach((box, place) => {
    const [ahead, aside] = distances(from, box, direction);
    if (ahead < 0) return;
    const cost = ahead + 4 * aside;
    if (cost < least) [best, least] = [place, cost];
  });
  return best;
}

/**
 * @param {Box} from
 * @param {Box} to
 * @param {Direction} direction
 * @returns {[number, number]} how far ahead `to` begins, negative where it lies elsewhere, and how far beside
 */
function distances(from, to, direction) {
  const across = direction === "left" || direction === "right";
  const aside = across
    ? Math.max(0, to.top - from.bottom, from.top - to.bottom)
    : Math.max(0, to.left - from.right, from.left - to.right);
  const slack = 1; // neighbours may share a border
  const ahead = {
    down: to.top - from.bottom,
    up: from.top - to.bottom,
    right: to.left - from.right,
    left: from.left - to.right,
  }[direction];
  return [ahead < -slack ? -1 : Math.max(0, ahead), aside];
}
