// Stacks as a tree: a node is a function called from the node above it, and comes after it. Two profiles share one tree.

const FIRST = 1024;
/** The root, which stands for everything. */
export const ROOT = 0;

export class Tree {
  constructor() {
    this.size = 1;
    this.functions = new Int32Array(FIRST);
    this.parents = new Int32Array(FIRST).fill(-1);
    /** Samples in a node's own function: of the profile, and of the one it is compared with. */
    this.own = [new Float64Array(FIRST), new Float64Array(FIRST)];
    this.slots = new Int32Array(2 * FIRST);
    /** Whether callers are below what they call: then samples of its own say nothing of a function. */
    this.turned = false;
  }

  /**
   * @param {number} parent
   * @param {number} called a function's number
   * @returns {number} the node of that function below that node
   */
  child(parent, called) {
    const mask = this.slots.length - 1;
    let slot = hash(parent, called) & mask;
    for (let node = this.slots[slot]; node; node = this.slots[slot]) {
      if (this.parents[node] === parent && this.functions[node] === called) return node;
      slot = (slot + 1) & mask;
    }
    const node = this.size++;
    this.slots[slot] = node;
    if (node === this.parents.length) this.grow();
    this.parents[node] = parent;
    this.functions[node] = called;
    return node;
  }

  /** Samples below each node, its own included. */
  totals() {
    return this.own.map((own) => {
      const totals = own.slice(0, this.size);
      for (let node = this.size - 1; node > 0; node--) totals[this.parents[node]] += totals[node];
      return totals;
    });
  }

  grow() {
    const size = this.parents.length * 2;
    this.functions = larger(this.functions, size);
    this.parents = larger(this.parents, size);
    this.own = this.own.map((own) => larger(own, size));
    this.slots = new Int32Array(size * 2);
    const mask = this.slots.length - 1;
    for (let node = 1; node < this.size; node++) {
      let slot = hash(this.parents[node], this.functions[node]) & mask;
      while (this.slots[slot]) slot = (slot + 1) & mask;
      this.slots[slot] = node;
    }
  }
}

/**
 * @param {number} parent
 * @param {number} called
 */
function hash(parent, called) {
  const mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(called + 1, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/**
 * @template {Int32Array | Float64Array} T
 * @param {T} from
 * @param {number} size
 * @returns {T}
 */
function larger(from, size) {
  const made = /** @type {T} */ (new /** @type {any} */ (from.constructor)(size));
  made.set(from);
  return made;
}
