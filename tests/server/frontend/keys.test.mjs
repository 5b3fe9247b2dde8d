// Keys, and what they ask for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { matcher, named } from "../../../server/frontend/src/keys.js";

const BINDINGS = new Map([["g n", "/"], ["g p", "/plugins"], ["p", "pause"], ["?", "help"], ["Mod+k", "search"]]);
const event = (key, held = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...held });

/** What a row of keys asks for, typed a tenth of a second apart. */
function typed(...keys) {
  const match = matcher(BINDINGS);
  return keys.map((key, place) => match(key, 5000 + place * 100));
}

test("one key asks for its action", () => {
  assert.deepEqual(typed("p", "?"), ["pause", "help"]);
});

test("the second key of two asks for the action of both, not for its own", () => {
  assert.deepEqual(typed("g", "p", "p"), [undefined, "/plugins", "pause"]);
});

test("a beginning that leads nowhere is forgotten", () => {
  assert.deepEqual(typed("g", "x", "n", "g", "g", "n"), [undefined, undefined, undefined, undefined, undefined, "/"]);
});

test("a beginning is forgotten after a while", () => {
  const match = matcher(BINDINGS);
  match("g", 1000);
  assert.equal(match("p", 9000), "pause");
});

test("the first key typed on a page counts", () => {
  assert.equal(matcher(BINDINGS)("p", 3), "pause");
});

test("Ctrl and Cmd are one, Alt is left to others, and a modifier alone is no key", () => {
  assert.equal(named(event("k", { ctrlKey: true })), "Mod+k");
  assert.equal(named(event("K", { metaKey: true })), "Mod+k");
  assert.equal(named(event("g", { altKey: true })), "");
  assert.equal(named(event("Shift")), "");
  assert.equal(named(event("?")), "?");
});
