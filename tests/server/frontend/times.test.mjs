// Ages in words, and moments in two zones.
import assert from "node:assert/strict";
import { test } from "node:test";

process.env.TZ = "Europe/Berlin";
const { age } = await import("../../../server/frontend/src/ages.js");
const { both, clock, local } = await import("../../../server/frontend/src/zones.js");
const AT = Date.parse("2026-03-01T12:34:56Z");

test("an age grows from seconds to days", () => {
  const ages = [[-3, "now"], [0.4, "now"], [1, "1 s ago"], [59.6, "1 min ago"], [3599, "59 min ago"]];
  ages.push([3600, "1 h 0 min ago"], [86399, "23 h 59 min ago"], [200000, "2 d ago"]);
  for (const [seconds, words] of ages) assert.equal(age(seconds), words);
});

test("a moment is told in the zone of whoever looks", () => {
  assert.equal(clock(AT), "13:34:56");
});

test("the day is told where it is not today", () => {
  assert.equal(local(AT, AT + 1000), "13:34:56");
  assert.equal(local(AT, AT + 86_400_000), "Sun, 1 Mar 2026 13:34:56");
});

test("both zones are told to whoever points at a moment", () => {
  assert.equal(both(AT), "Sun, 1 Mar 2026 13:34:56 CET\n2026-03-01 12:34:56 UTC");
});
