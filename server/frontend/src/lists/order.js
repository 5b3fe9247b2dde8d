// Which items of a list may stay where they are while the others move around them.

/**
 * The longest run of places that grows: whoever stands there need not move.
 * @param {number[]} places of the items in their new order, where each is now; -1: nowhere yet
 * @returns {Set<number>} places in the new order
 */
export function standing(places) {
  /** @type {number[]} ends of the best runs of each length, as places in the new order */
  const ends = [];
  const before = places.map(() => -1);
  places.forEach((place, at) => {
    if (place < 0) return;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[ends[middle] ?? 0] < place) low = middle + 1;
      else high = middle;
    }
    before[at] = ends[low - 1] ?? -1;
    ends[low] = at;
  });
  const found = new Set();
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) found.add(at);
  return found;
}
