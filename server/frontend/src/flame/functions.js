// The functions of one profile or two, each once: a name in a file, of a kind.

/** @typedef {"kernel" | "user" | "jit" | "python" | "unknown" | "process" | "thread" | "all"} Kind */

export class Functions {
  constructor() {
    /** @type {string[]} */
    this.names = [];
    /** @type {string[]} */
    this.modules = [];
    /** @type {Kind[]} */
    this.kinds = [];
    /** @type {Map<string, number>} */
    this.known = new Map();
    this.add("all", "", "all");
  }

  /**
   * @param {string} name
   * @param {string} module
   * @param {Kind} kind
   * @returns {number} its number, the same for the same function
   */
  add(name, module, kind) {
    const key = `${kind}\0${module}\0${name}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const number = this.names.length;
    this.known.set(key, number);
    this.names.push(name);
    this.modules.push(module);
    this.kinds.push(kind);
    return number;
  }

  /**
   * Which functions are meant by what was typed.
   * @param {string} text a regular expression, or a plain text where it is none; case does not count
   * @returns {{ found: Uint8Array, plain: boolean } | null} null: nothing was typed
   */
  matching(text) {
    if (!text) return null;
    const [expression, plain] = compiled(text);
    const found = new Uint8Array(this.names.length);
    for (let one = 1; one < found.length; one++) {
      found[one] = Number(expression.test(this.names[one]) || expression.test(this.modules[one]));
    }
    return { found, plain };
  }
}

/**
 * @param {string} text
 * @returns {[RegExp, boolean]}
 */
function compiled(text) {
  try {
    return [new RegExp(text, "i"), false];
  } catch {
    return [new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "i"), true];
  }
}
