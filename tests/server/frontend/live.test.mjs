// How often a page asks for news.
import assert from "node:assert/strict";
import { test } from "node:test";
import { beat } from "../../../server/frontend/src/live.js";

test("what the person has chosen counts, then what the server is set to, then two seconds", () => {
  assert.equal(beat("5", "1", false), 5);
  assert.equal(beat(null, "1", false), 1);
  assert.equal(beat(null, undefined, false), 2);
});

test("what cannot be meant is passed over", () => {
  for (const odd of ["", "x", "0", "-1", "1e9", "NaN", "Infinity"]) assert.equal(beat(odd, "3", false), 3);
});

test("a hidden page asks seldom, and never more often than it would in view", () => {
  assert.equal(beat("1", undefined, true), 30);
  assert.equal(beat("60", undefined, true), 60);
});
