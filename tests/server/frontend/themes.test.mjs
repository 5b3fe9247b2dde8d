// One theme after the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { themeAfter } from "../../../server/frontend/src/theme.js";

test("the three themes come round", () => {
  assert.deepEqual([null, "system", "dark", "light", "pink"].map(themeAfter), ["dark", "dark", "light", "system", "system"]);
});
