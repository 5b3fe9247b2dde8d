// The points a chart holds: those of the time it shows and no others, however long it is looked at.

/**
 * @typedef {object} Points
 * @property {number[]} times seconds since 1970, ascending
 * @property {(number | null)[][]} lines null: not known, or a gap
 */

/** Readings without it: of a rate the first one tells nothing. */
const READ_BEFORE = 2;

/**
 * News in place of what began at `since` or later, and nothing older than one point before `from`.
 * @param {Points | null} old
 * @param {Points} news
 * @param {number} since
 * @param {number} from
 * @returns {Points}
 */
export function joined(old, news, since, from) {
  const kept = old ? place(old.times, since) : 0;
  const times = old ? old.times.slice(0, kept).concat(news.times) : news.times;
  const first = Math.max(place(times, from) - 1, 0);
  return {
    times: times.slice(first),
    lines: news.lines.map((line, at) => (old ? old.lines[at].slice(0, kept).concat(line) : line).slice(first)),
  };
}

/**
 * @param {number[]} times ascending
 * @param {number} time
 * @returns {number} how many are before it
 */
export function place(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * When what a chart shows began. A silence is no beginning: either nothing at all is kept of the time before, or it was
 * read then and this was not there.
 * @param {Points} points
 * @param {number} from where the time begins that they are of
 * @param {[number, number] | null} kept of what time anything is kept
 * @returns {number} -Infinity: earlier than `from`, or nobody knows; Infinity: it has not been seen
 */
export function beginning({ times, lines }, from, kept) {
  const first = Math.min(...lines.map((line) => line.findIndex((one) => one !== null)).filter((at) => at >= 0));
  if (first === Infinity) return Infinity;
  const young = (kept !== null && kept[0] >= from) || first >= READ_BEFORE;
  return young && times[first] >= from ? times[first] : -Infinity;
}

/**
 * Parts of a whole, each on top of those before it. What is not known adds nothing and is not drawn itself.
 * @param {(number | null)[][]} lines
 * @param {boolean[]} shown
 * @returns {(number | null)[][]} where the upper edge of each is
 */
export function stacked(lines, shown) {
  /** @type {number[]} */
  const height = new Array(lines[0]?.length ?? 0).fill(0);
  return lines.map((line, at) => {
    if (!shown[at]) return line.map(() => null);
    return line.map((value, point) => (value === null ? null : (height[point] += value)));
  });
}

/**
 * @param {(number | null)[]} line
 * @param {number} first
 * @param {number} last
 * @returns {number[]} the points that stand alone between gaps, which no line would show
 */
export function lonely(line, first, last) {
  const found = [];
  for (let at = first; at <= last; at++) {
    if (line[at] !== null && (line[at - 1] ?? null) === null && (line[at + 1] ?? null) === null) found.push(at);
  }
  return found;
}
