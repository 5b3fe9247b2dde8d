// Which thing found a key leads to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stepped } from "../../../server/frontend/src/palette.js";

test("arrows come round at the ends", () => {
  assert.equal(stepped(0, 1, 3), 1);
  assert.equal(stepped(2, 1, 3), 0);
  assert.equal(stepped(0, -1, 3), 2);
});

test("a leap ends at the ends", () => {
  assert.equal(stepped(1, 8, 5), 4);
  assert.equal(stepped(1, -8, 5), 0);
});

test("the first step leads to an end", () => {
  assert.equal(stepped(-1, 1, 3), 0);
  assert.equal(stepped(-1, -1, 3), 2);
});
