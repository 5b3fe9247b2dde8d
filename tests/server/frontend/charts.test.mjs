// What charts hold, which time they show, and what they ask the server for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, ask, batches } from "../../../server/frontend/src/charts/feed.js";
import { lookedAt, spanOf, withSpan } from "../../../server/frontend/src/charts/span.js";
import { beginning, joined, lonely, place, stacked } from "../../../server/frontend/src/charts/window.js";

const PAGE = { usual: 900, most: 3600, at: null };
const points = (times, values = times) => ({ times, lines: [values] });
const question = (more = {}) => ({
  question: { node: "n", series: ["cpu/busy/all"], table: "cpu", stacked: false, since: 10, until: null, step: 5, points: 100, ...more },
});

test("news take the place of what begins where they begin", () => {
  const old = points([1, 2, 3, 4], [1, 2, 3, 4]);
  assert.deepEqual(joined(old, points([3, 5], [30, 50]), 3, 0), points([1, 2, 3, 5], [1, 2, 30, 50]));
  assert.deepEqual(joined(null, points([3, 5]), 3, 0), points([3, 5]));
  assert.deepEqual(joined(old, points([]), 3, 0), points([1, 2], [1, 2]));
});

test("what is not looked at any more goes, but for the point a line comes in from", () => {
  assert.deepEqual(joined(points([1, 2, 3, 4]), points([5]), 5, 3.5), points([3, 4, 5]));
  assert.deepEqual(joined(points([1, 2]), points([50]), 50, 40), points([2, 50]));
});

test("a chart that is looked at for an hour holds no more points than at first", () => {
  let held = null;
  let most = 0;
  for (let now = 0; now < 3600; now++) {
    held = joined(held, points([now]), now, now - 300);
    most = Math.max(most, held.times.length);
  }
  assert.equal(most, 302);
});

test("a time is found among times", () => {
  const times = [1, 2, 2, 5];
  assert.deepEqual([0, 1, 2, 3, 5, 9].map((time) => place(times, time)), [0, 0, 1, 3, 3, 4]);
  assert.equal(place([], 1), 0);
});

test("what has not been there for long fills the chart, and is not stretched beyond a minute", () => {
  const span = { range: 3600, fixed: null };
  assert.deepEqual(lookedAt(span, 10000, -Infinity), { from: 6400, to: 10000 });
  assert.deepEqual(lookedAt(span, 10000, 9700), { from: 9700, to: 10000 });
  assert.deepEqual(lookedAt(span, 10000, 9990), { from: 9940, to: 10000 });
  assert.deepEqual(lookedAt(span, 10000, 100), { from: 6400, to: 10000 });
  const zoom = { range: 3600, fixed: { from: 9000, to: 9100 } };
  assert.deepEqual(lookedAt(zoom, 10000, 9700), zoom.fixed, "a zoom is shown as the address has it");
});

test("what was read without it, or is all that is kept, shows when it began; a silence does not", () => {
  const young = { times: [100, 105, 110, 115], lines: [[null, null, null, 1], [null, null, 2, 3]] };
  assert.equal(beginning(young, 90, [10, 115]), 110);
  assert.equal(beginning(points([100, 105]), 90, [100, 105]), 100, "nothing is kept of the time before");
  assert.equal(beginning(points([100, 105]), 90, [10, 105]), -Infinity, "its node was silent until then");
  assert.equal(beginning(points([100, 105], [null, 1]), 90, [10, 105]), -Infinity, "a rate is not known at first");
  assert.equal(beginning(points([80, 105]), 90, [80, 105]), -Infinity, "it was there before");
  assert.equal(beginning(points([100], [null]), 90, [10, 105]), Infinity);
  assert.equal(beginning(points([]), 90, null), Infinity);
});

test("parts of a whole stand on each other, and what is not known adds nothing", () => {
  const lines = [[1, 2, null], [10, null, null], [100, 200, 300]];
  assert.deepEqual(stacked(lines, [true, true, true]), [[1, 2, null], [11, null, null], [111, 202, 300]]);
  assert.deepEqual(stacked(lines, [true, false, true]), [[1, 2, null], [null, null, null], [101, 202, 300]]);
});

test("a point between two gaps is found, or nobody would see it", () => {
  assert.deepEqual(lonely([1, null, 2, null, 3, 4, null, 5], 0, 7), [0, 2, 7]);
});

test("the address says which time is shown", () => {
  assert.deepEqual(spanOf("", PAGE), { range: 900, fixed: null });
  assert.deepEqual(spanOf("?range=300", PAGE), { range: 300, fixed: null });
  assert.deepEqual(spanOf("?range=all", PAGE), { range: 3600, fixed: null });
  assert.deepEqual(spanOf("?from=1700001000&to=1700001060", PAGE), { range: 900, fixed: { from: 1700001000, to: 1700001060 } });
  assert.deepEqual(spanOf("", { ...PAGE, at: 5000 }), { range: 900, fixed: { from: 4550, to: 5450 } });
});

test("what no address can mean is taken for nothing", () => {
  for (const query of ["?range=x", "?range=-5", "?range=1e300", "?range=NaN", "?from=1700001000&to=1700000000", "?from=1700001000&to=1e300", "?from=100&to=200", "?from=a&to=b", "?from=1"]) {
    assert.deepEqual(spanOf(query, PAGE), { range: 900, fixed: null }, query);
  }
});

test("another time leaves the rest of the address as it is", () => {
  const here = "http://h/nodes/n?sort=-cpu&range=300&from=1&to=2#t-net";
  assert.equal(withSpan(here, { from: 10, to: 20.04 }), "http://h/nodes/n?sort=-cpu&range=300&from=10.0&to=20.0#t-net");
  assert.equal(withSpan(here, { range: "all" }), "http://h/nodes/n?sort=-cpu&range=all#t-net");
  assert.equal(withSpan(here, {}), "http://h/nodes/n?sort=-cpu&range=300#t-net");
});

test("charts that lack the same ask together, parts of a whole apart", () => {
  const memory = question({ series: ["memory/used"], table: "memory" });
  const stack = question({ stacked: true });
  const late = question({ since: 15 });
  assert.deepEqual(batches([question(), memory, stack, late]).map((batch) => batch.length), [2, 1, 1]);
  assert.equal(address([question(), memory]), "/api/v1/nodes/n/chart?series=cpu%2Fbusy%2Fall&series=memory%2Fused&since=10&step=5");
  assert.equal(address([stack]), "/api/v1/nodes/n/chart?series=cpu%2Fbusy%2Fall&since=10&step=5&stacked=cpu");
  assert.match(address([question({ step: 0, until: 99 })]), /until=99&points=100$/);
});

test("no request asks for too many lines, or has an address no server reads", () => {
  const many = Array.from({ length: 30 }, (_, at) => question({ series: Array(8).fill(`disk/reads/${at}`) }));
  assert.ok(batches(many).every((batch) => batch.flatMap((one) => one.question.series).length <= 48));
  const long = Array.from({ length: 20 }, () => question({ series: [`net/receive_bytes/${"%F0%9F".repeat(120)}`] }));
  assert.ok(batches(long).every((batch) => address(batch).length <= 8000));
  assert.equal(batches(long).flat().length, 20);
});

test("each chart takes its own lines out of the answer, or is told what went wrong", async () => {
  const took = [];
  const take = (one, answer, problem) => took.push([one.question.series.length, answer && answer.lines, problem]);
  const line = (value) => ({ values: [value] });
  const told = {
    since: 10, step: 5, history: [1, 2],
    tables: [{ table: "memory", times: [1], lines: [line(9)] }, { table: "cpu", times: [1], lines: [line(1), line(2), line(3)] }],
  };
  const first = question({ series: ["cpu/a/all", "cpu/b/all"] });
  const second = question({ series: ["cpu/c/all"] });
  const third = question({ series: ["memory/used"], table: "memory" });
  globalThis.fetch = async () => ({ ok: true, json: async () => told });
  await ask([first, second, third], take);
  assert.deepEqual(took.splice(0), [[2, [[1], [2]], ""], [1, [[3]], ""], [1, [[9]], ""]]);
  globalThis.fetch = async () => ({ ok: false, status: 404, json: async () => ({ detail: "no such table" }) });
  await ask([first], take);
  globalThis.fetch = async () => { throw new TypeError("gone"); };
  await ask([first], take);
  assert.deepEqual(took, [[2, null, "no such table"], [2, null, "no connection to the server"]]);
});
