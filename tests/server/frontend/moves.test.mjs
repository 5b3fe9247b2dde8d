// Which card lies in a direction.
import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../../server/frontend/src/moves.js";

const WIDE = 100;
/** Cards in rows of three, ten apart. */
const GRID = [0, 1, 2, 3, 4, 5, 6].map((place) => {
  const left = (place % 3) * (WIDE + 10);
  const top = Math.floor(place / 3) * (WIDE + 10);
  return { left, right: left + WIDE, top, bottom: top + WIDE };
});
const from = (place, direction) => nearest(GRID[place], GRID, direction);

test("arrows go to the neighbour", () => {
  assert.equal(from(4, "up"), 1);
  assert.equal(from(1, "down"), 4);
  assert.equal(from(4, "left"), 3);
  assert.equal(from(4, "right"), 5);
});

test("at an edge there is none", () => {
  assert.equal(from(0, "up"), -1);
  assert.equal(from(0, "left"), -1);
  assert.equal(from(6, "down"), -1);
});

test("below the end of a short row the nearest is taken", () => {
  assert.equal(from(5, "down"), 6);
});

test("boxes that touch are neighbours", () => {
  const rows = [0, 20, 40].map((top) => ({ left: 0, right: 500, top, bottom: top + 20 }));
  assert.equal(nearest(rows[0], rows, "down"), 1);
  assert.equal(nearest(rows[2], rows, "up"), 1);
});

test("of nothing there is none", () => {
  assert.equal(nearest(GRID[0], [], "down"), -1);
});
