// What a flamegraph is drawn from: the same samples, whichever way they are looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import { callees, callers, grow, inverted, outermost } from "../../../server/frontend/src/flame/build.js";
import { Functions } from "../../../server/frontend/src/flame/functions.js";
import { functionLines, lay, shareOf } from "../../../server/frontend/src/flame/layout.js";
import { Tree } from "../../../server/frontend/src/flame/tree.js";

const USUAL = { side: 0, keeps: () => true, grouped: false, collapsed: false };

/** A profile of stacks such as "1/2 main;work 3": process, thread, names from the outermost, samples. */
function profile(...lines) {
  const made = { frames: [], parents: [], functions: [], threads: [], counts: [], samples: 0 };
  const places = new Map();
  for (const line of lines) {
    const [, pid, tid, stack, samples] = /^(\d+)\/(\d+) (.*) (\d+)$/.exec(line);
    let thread = made.threads.findIndex(([p, t]) => p === +pid && t === +tid);
    if (thread < 0) thread = made.threads.push([+pid, +tid, `app${pid}`, `t${tid}`]) - 1;
    let node = -1;
    for (const name of stack.split(";")) {
      let frame = made.frames.findIndex(([known]) => known === name);
      if (frame < 0) frame = made.frames.push([name, "/bin/app", name.startsWith("k_") ? "kernel" : "user"]) - 1;
      const key = `${node} ${frame}`;
      if (!places.has(key)) places.set(key, (made.parents.push(node), made.functions.push(frame) - 1));
      node = places.get(key);
    }
    made.counts.push([thread, node, +samples]);
    made.samples += +samples;
  }
  return made;
}

function grown(one, how = {}, functions = new Functions()) {
  const tree = new Tree();
  grow(tree, functions, one, { ...USUAL, ...how });
  return { tree, functions };
}

/** Every stack with samples of its own, as text. */
function stacks({ tree, functions }, side = 0) {
  const found = {};
  for (let node = 0; node < tree.size; node++) {
    if (!tree.own[side][node]) continue;
    const names = [];
    for (let at = node; at > 0; at = tree.parents[at]) names.unshift(functions.names[tree.functions[at]]);
    found[names.join(";")] = tree.own[side][node];
  }
  return found;
}

const TWO = profile("1/1 main;a;b 3", "1/2 main;a 2", "2/3 main;c 5", "1/1 main;a;b;k_read 1");

test("a tree holds every sample of every stack, whichever thread it is of", () => {
  assert.deepEqual(stacks(grown(TWO)), { "main;a;b": 3, "main;a": 2, "main;c": 5, "main;a;b;k_read": 1 });
});

test("some threads alone count theirs alone", () => {
  const keeps = (thread) => TWO.threads[thread][0] === 1;
  assert.deepEqual(stacks(grown(TWO, { keeps })), { "main;a;b": 3, "main;a": 2, "main;a;b;k_read": 1 });
});

test("processes can stand at the top", () => {
  assert.deepEqual(stacks(grown(TWO, { grouped: true })), {
    "app1 1;main;a;b": 3, "app1 1;main;a": 2, "app2 2;main;c": 5, "app1 1;main;a;b;k_read": 1,
  });
});

test("a function that calls itself is shown once where that is wanted", () => {
  const deep = profile("1/1 main;f;f;f;g;f 2", "1/1 main;f;f 1");
  assert.deepEqual(stacks(grown(deep, { collapsed: true })), { "main;f;g;f": 2, "main;f": 1 });
});

test("from the other end every stack is turned round and none is lost", () => {
  const { tree, functions } = grown(TWO);
  const turned = inverted(tree, new Tree());
  assert.deepEqual(stacks({ tree: turned, functions }), {
    "b;a;main": 3, "a;main": 2, "c;main": 5, "k_read;b;a;main": 1,
  });
});

test("callers and callees of a function have all its samples, each once, however it calls itself", () => {
  const { tree, functions } = grown(profile("1/1 main;f;g;f;h 4", "1/1 other;f 2", "1/1 main 9"));
  const f = functions.known.get("user\0/bin/app\0f");
  assert.deepEqual(stacks({ tree: callers(tree, f, new Tree()), functions }), { "f;main": 4, "f;other": 2 });
  assert.deepEqual(stacks({ tree: callees(tree, f, new Tree()), functions }), { "f;g;f;h": 4, "f": 2 });
  assert.equal(outermost(tree, f).length, 2);
});

test("nodes lie within those above them, the widest first, and fill what their children have", () => {
  const { tree } = grown(TWO);
  const { weights, lefts, depths, deepest, starts, children } = lay(tree, [TWO.samples, 0]);
  assert.equal(weights[0], 1);
  assert.equal(deepest, 4);
  for (let node = 1; node < tree.size; node++) {
    const parent = tree.parents[node];
    assert.ok(lefts[node] >= lefts[parent] - 1e-12);
    assert.ok(lefts[node] + weights[node] <= lefts[parent] + weights[parent] + 1e-12);
    assert.equal(depths[node], depths[parent] + 1);
  }
  for (let node = 0; node < tree.size; node++) {
    const widths = [...children.subarray(starts[node], starts[node + 1])].map((child) => weights[child]);
    assert.deepEqual(widths, widths.toSorted((a, b) => b - a));
  }
  assert.equal(children.length, tree.size - 1);
});

test("what matches is told as a share of all, each sample once", () => {
  const { tree, functions } = grown(TWO);
  const layout = lay(tree, [TWO.samples, 0]);
  const share = (text) => shareOf(layout, functions.matching(text).found);
  assert.equal(share("^(a|b)$"), 6 / 11);
  assert.equal(share("MAIN"), 1);
  assert.equal(share("nothing"), 0);
  assert.equal(functions.matching(""), null);
});

test("what is no regular expression is looked for as it is written", () => {
  const functions = new Functions();
  const wanted = functions.add("std::vector<int (*)(", "", "user");
  const { found, plain } = functions.matching("(*)(");
  assert.deepEqual([plain, found[wanted]], [true, 1]);
});

test("functions are told by what they took themselves and with all they call", () => {
  const { tree, functions } = grown(profile("1/1 main;f;g;f 4", "1/1 main;g 1"));
  const lines = functionLines(lay(tree, [5, 0]), functions.names.length);
  const told = Object.fromEntries(lines.map((one) => [functions.names[one.called], [one.self[0], one.total[0]]]));
  assert.deepEqual(told, { main: [0, 5], f: [4, 4], g: [1, 5] });
});

test("two profiles are compared by their shares, not by how long each took", () => {
  const functions = new Functions();
  const tree = new Tree();
  const before = profile("1/1 main;a 50", "1/1 main;b 50");
  const after = profile("9/9 main;b 1", "9/9 main;new 3");
  grow(tree, functions, after, USUAL);
  grow(tree, functions, before, { ...USUAL, side: 1 });
  const { totals, scales, weights } = lay(tree, [after.samples, before.samples]);
  const shares = {};
  for (let node = 1; node < tree.size; node++) {
    shares[functions.names[tree.functions[node]]] = totals.map((one, side) => one[node] * scales[side]);
  }
  assert.deepEqual(shares, { main: [1, 1], b: [0.25, 0.5], new: [0.75, 0], a: [0, 0.5] });
  assert.equal(weights[0], 1);
});

test("a hundred thousand stacks make one tree with all of them, whichever way it is looked at", () => {
  const many = { frames: [], parents: [], functions: [], threads: [[1, 1, "app", ""]], counts: [], samples: 0 };
  for (let name = 0; name < 5000; name++) many.frames.push([`f${name}`, `/lib/${name % 50}`, "user"]);
  const ends = [];
  for (let stack = 0; stack < 100_000; stack++) {
    let node = ends[Math.floor(stack / 10)] ?? -1;
    for (let depth = 0; depth < 4; depth++) {
      many.parents.push(node);
      many.functions.push((stack * 31 + depth) % 5000);
      node = many.parents.length - 1;
    }
    ends.push(node);
    many.counts.push([0, node, 1 + (stack % 3)]);
    many.samples += 1 + (stack % 3);
  }
  const { tree, functions } = grown(many);
  const layout = lay(tree, [many.samples, 0]);
  assert.equal(layout.totals[0][0], many.samples);
  const lines = functionLines(layout, functions.names.length);
  assert.equal(lines.reduce((sum, one) => sum + one.self[0], 0), many.samples);
  assert.equal(inverted(tree, new Tree()).totals()[0][0], many.samples);
});

test("of nothing there is nothing to draw", () => {
  const { tree, functions } = grown(profile());
  const layout = lay(tree, [0, 0]);
  assert.deepEqual([layout.weights[0], functionLines(layout, functions.names.length)], [0, []]);
});
