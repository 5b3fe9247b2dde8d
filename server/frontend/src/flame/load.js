// Brings a profile from the server, and what of it can be chosen: its programs, processes and threads.

/**
 * @param {string} path
 * @returns {Promise<import("./build.js").Profile>} rejected with a text for people
 */
export async function load(path) {
  const response = await fetch(path, { credentials: "same-origin" });
  if (response.ok) return response.json();
  const told = await response.json().catch(() => ({}));
  throw new Error(told.detail || `the server answered ${response.status}`);
}

const MOST = 200;

/** @typedef {{ value: string, text: string, samples: number }} Choice */

/**
 * @param {import("./build.js").Profile} profile
 * @returns {[string, Choice[]][]} what there is to choose by its heading, the busiest first
 */
export function choices({ threads, counts }) {
  const groups = /** @type {[string, Map<string, Choice>][]} */ ([
    ["Programs", new Map()],
    ["Processes", new Map()],
    ["Threads", new Map()],
  ]);
  for (const [place, , samples] of counts) {
    const [pid, tid, process, name] = threads[place];
    const program = process || "process";
    [
      { value: `name:${process}`, text: program },
      { value: `pid:${pid}`, text: `${program} ${pid}` },
      { value: `tid:${pid}/${tid}`, text: `${name || program} ${tid} of ${program} ${pid}` },
    ].forEach(({ value, text }, group) => {
      const known = groups[group][1];
      const choice = known.get(value) ?? { value, text, samples: 0 };
      choice.samples += samples;
      known.set(value, choice);
    });
  }
  return groups.flatMap(([heading, found]) => {
    const some = [...found.values()].sort((a, b) => b.samples - a.samples).slice(0, MOST);
    return some.length > 1 ? [/** @type {[string, Choice[]]} */ ([heading, some])] : [];
  });
}
