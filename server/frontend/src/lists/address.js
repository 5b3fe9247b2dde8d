// What is asked of a list stands in the page's address, and nowhere else.

/**
 * @param {string} search of the page's address
 * @param {string} prefix of the names that are this list's
 * @returns {Array<[string, string]>} what is asked, without the prefix
 */
export function asked(search, prefix) {
  return [...new URLSearchParams(search)].flatMap(([name, value]) =>
    name.startsWith(prefix) && (prefix || !name.includes(".")) ? [[name.slice(prefix.length), value]] : [],
  );
}

/**
 * @param {string} search of the page's address
 * @param {string} prefix
 * @param {Iterable<[string, string]>} changes empty values ask for nothing
 * @returns {string} the same with some of it changed
 */
export function changed(search, prefix, changes) {
  const values = new URLSearchParams(search);
  for (const [name, value] of changes) {
    if (value) values.set(prefix + name, value);
    else values.delete(prefix + name);
  }
  const text = values.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text ? `?${text}` : "";
}

/**
 * @param {string} sort as it stands in the address
 * @param {string} first how a column is ordered at first, e.g. `-cpu`
 * @returns {string} the order with that column added, the second time turned around, the third taken out
 */
export function sortedToo(sort, first) {
  const name = first.replace(/^-/, "");
  const parts = sort ? sort.split(",") : [];
  const place = parts.findIndex((part) => part.replace(/^-/, "") === name);
  if (place < 0) return [...parts, first].join(",");
  const turned = first === name ? `-${name}` : name;
  return parts.flatMap((part, at) => (at !== place ? [part] : part === first ? [turned] : [])).join(",");
}
