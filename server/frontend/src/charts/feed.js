// Brings charts their points: one request for many charts, and only for what they do not have yet.

/**
 * @typedef {object} Question what one chart lacks
 * @property {string} node as it stands in a path
 * @property {string[]} series
 * @property {string} table
 * @property {boolean} stacked
 * @property {number} since
 * @property {number | null} until null: now
 * @property {number} step 0: as many steps as `points`
 * @property {number} points
 *
 * @typedef {import("./window.js").Points & { since: number, until: number, step: number, history: [number, number] | null }} Answer
 */

const MOST_SERIES = 48;
const MOST_CHARACTERS = 6000;

/**
 * Ask for all of them in as few requests as can be.
 * @template {{ question: Question }} Asking
 * @param {Asking[]} asking
 * @param {(one: Asking, answer: Answer | null, problem: string) => void} take
 */
export async function ask(asking, take) {
  await Promise.all(batches(asking).map((batch) => request(batch, take)));
}

/**
 * @template {{ question: Question }} Asking
 * @param {Asking[]} asking
 * @returns {Asking[][]}
 */
export function batches(asking) {
  /** @type {Map<string, Asking[][]>} */
  const found = new Map();
  for (const one of asking) {
    const alike = common(one.question);
    const there = found.get(alike) ?? [];
    const last = there.at(-1);
    if (last && fits([...last, one])) last.push(one);
    else there.push([one]);
    found.set(alike, there);
  }
  return [...found.values()].flat();
}

/** @param {Question} question */
function common({ node, stacked, since, until, step, points }) {
  return JSON.stringify([node, stacked, since, until, step, step ? 0 : points]);
}

/** @param {{ question: Question }[]} batch */
function fits(batch) {
  const series = batch.flatMap(({ question }) => question.series);
  return series.length <= MOST_SERIES && address(batch).length <= MOST_CHARACTERS;
}

/**
 * @param {{ question: Question }[]} batch
 * @returns {string}
 */
export function address(batch) {
  const { node, stacked, since, until, step, points } = batch[0].question;
  const query = new URLSearchParams();
  for (const { question } of batch) for (const one of question.series) query.append("series", one);
  query.set("since", String(since));
  if (until !== null) query.set("until", String(until));
  if (step) query.set("step", String(step));
  else query.set("points", String(points));
  if (stacked) for (const table of new Set(batch.map((one) => one.question.table))) query.append("stacked", table);
  return `/api/v1/nodes/${node}/chart?${query}`;
}

/**
 * @template {{ question: Question }} Asking
 * @param {Asking[]} batch
 * @param {(one: Asking, answer: Answer | null, problem: string) => void} take
 */
async function request(batch, take) {
  /** @type {any} */
  let answer = null;
  let problem = "";
  try {
    const response = await fetch(address(batch), { headers: { Accept: "application/json" } });
    const told = await response.json();
    if (response.ok) answer = told;
    else problem = told.detail || `the server answers ${response.status}`;
  } catch {
    problem = "no connection to the server";
  }
  /** @type {Map<string, number>} */
  const taken = new Map();
  for (const one of batch) {
    const { table, series } = one.question;
    const first = taken.get(table) ?? 0;
    taken.set(table, first + series.length);
    take(one, answer && part(answer, table, first, series.length), problem);
  }
}

/**
 * @param {any} answer
 * @param {string} table
 * @param {number} first
 * @param {number} count
 * @returns {Answer}
 */
function part({ tables, since, until, step, history }, table, first, count) {
  const { times, lines } = tables.find((/** @type {any} */ one) => one.table === table);
  const mine = lines.slice(first, first + count).map((/** @type {any} */ line) => line.values);
  return { times, lines: mine, since, until, step, history };
}
