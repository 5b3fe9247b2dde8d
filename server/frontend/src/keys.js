// Which action the keys typed so far ask for.

const PATIENCE = 1200; // milliseconds between the keys of one shortcut
const MODIFIERS = new Set(["Shift", "Control", "Meta", "Alt", "AltGraph", "CapsLock"]);

/**
 * @param {Map<string, string>} bindings keys, such as "g n" or "Mod+k", to actions
 * @returns {(key: string, now: number) => string | undefined} told each key and when, the action that completes
 */
export function matcher(bindings) {
  const beginnings = new Set([...bindings.keys()].flatMap((keys) => (keys.includes(" ") ? [keys.split(" ")[0]] : [])));
  let before = "";
  let at = 0;
  return (key, now) => {
    const found = now - at < PATIENCE ? bindings.get(`${before} ${key}`) : undefined;
    before = !found && beginnings.has(key) ? key : "";
    at = now;
    return found ?? (before ? undefined : bindings.get(key));
  };
}

/**
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean }} event
 * @returns {string} the key as shortcuts name it; empty: one that is not for us
 */
export function named({ key, ctrlKey, metaKey, altKey }) {
  if (altKey || MODIFIERS.has(key)) return "";
  return ctrlKey || metaKey ? `Mod+${key.toLowerCase()}` : key;
}
