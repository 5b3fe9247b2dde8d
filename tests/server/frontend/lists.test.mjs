// Lists: what stays where it is, what is in view, what the address asks, and how the last minutes are drawn.
import assert from "node:assert/strict";
import test from "node:test";
import { asked, changed, sortedToo } from "../../../server/frontend/src/lists/address.js";
import { standing } from "../../../server/frontend/src/lists/order.js";
import { path } from "../../../server/frontend/src/lists/sparks.js";
import { lacks, part } from "../../../server/frontend/src/lists/view.js";

/** @param {number[]} places */
const stay = (places) => [...standing(places)].sort((a, b) => a - b);

test("all items stay where the order is the same, and one moves where one has moved", () => {
  assert.deepEqual(stay([0, 1, 2, 3]), [0, 1, 2, 3]);
  assert.deepEqual(stay([3, 0, 1, 2]), [1, 2, 3]);
  assert.deepEqual(stay([1, 2, 3, 0]), [0, 1, 2]);
  assert.deepEqual(stay([]), []);
});

test("new items stand nowhere yet", () => {
  assert.deepEqual(stay([-1, 0, -1, 1]), [1, 3]);
  assert.deepEqual(stay([-1, -1]), []);
});

test("of a list turned around one item stays", () => assert.equal(stay([4, 3, 2, 1, 0]).length, 1));

test("what stays is in order, and is the most that can", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round++) {
    const places = Array.from({ length: 7 }, (_, at) => at).sort(() => random() - 0.5);
    const kept = stay(places).map((at) => places[at] ?? -1);
    assert.deepEqual(kept, [...kept].sort((a, b) => a - b));
    let most = 0;
    for (let mask = 0; mask < 128; mask++) {
      const some = places.filter((_, at) => mask & (1 << at));
      if (some.every((place, at) => !at || place > (some[at - 1] ?? -1))) most = Math.max(most, some.length);
    }
    assert.equal(kept.length, most);
  }
});

const GRID = { columns: 3, pitch: 100 };

test("at its beginning a list is on the page from its first item to beyond the view", () => {
  const { first, count } = part(50, 800, GRID, 1000);
  assert.equal(first, 0);
  assert.ok(count >= 3 * 8 && count <= 3 * 20, String(count));
});

test("in the middle some screens before and after the view are on the page, in whole rows", () => {
  const { first, count } = part(-10_000, 800, GRID, 1000);
  assert.equal(first % 3, 0);
  assert.ok(first <= 3 * 94 && first >= 3 * 88, String(first));
  assert.ok(first + count >= 3 * 114);
});

test("at its end, and beyond, the last items are on the page", () => {
  for (const top of [-33_000, -90_000]) {
    const { first, count } = part(top, 800, GRID, 1000);
    assert.ok(first < 1000 && first + count >= 1000, `${first} ${count}`);
  }
});

test("a part that is on the page is not asked for again until something in view is missing", () => {
  const there = part(-10_000, 800, GRID, 1000);
  assert.equal(lacks(-10_000, 800, GRID, 1000, there), false);
  assert.equal(lacks(-10_300, 800, GRID, 1000, there), false);
  assert.equal(lacks(-12_000, 800, GRID, 1000, there), true);
  assert.equal(lacks(-8_000, 800, GRID, 1000, there), true);
  assert.equal(lacks(900, 800, GRID, 1000, there), false);
  assert.equal(lacks(0, 800, GRID, 2, { first: 0, count: 2 }), false);
});

test("what is asked of one list stands apart from what is asked of another", () => {
  const search = "?sort=-cpu,node&process.sort=pid&process.filter=a+b%3Ac";
  assert.deepEqual(asked(search, ""), [["sort", "-cpu,node"]]);
  assert.deepEqual(asked(search, "process."), [["sort", "pid"], ["filter", "a b:c"]]);
  assert.equal(changed(search, "process.", [["filter", ""], ["sort", "-rss,pid"]]), "?sort=-cpu,node&process.sort=-rss,pid");
  assert.equal(changed("?filter=x", "", [["filter", ""]]), "");
});

test("a column is added to an order, turned around, and taken out", () => {
  assert.equal(sortedToo("", "-cpu"), "-cpu");
  assert.equal(sortedToo("-cpu", "node"), "-cpu,node");
  assert.equal(sortedToo("-cpu,node", "-cpu"), "cpu,node");
  assert.equal(sortedToo("cpu,node", "-cpu"), "node");
  assert.equal(sortedToo("-cpu,-node", "node"), "-cpu");
});

test("samples are drawn with the newest at the right, and what is not known is a gap", () => {
  assert.equal(path(""), "");
  assert.equal(path("0_"), "M58 19.0L59 1.0");
  assert.equal(path("0.__"), "M56 19.0h.5M58 1.0L59 1.0");
  assert.equal(path("<script>").match(/[^MLh.\d\s]/), null);
});
