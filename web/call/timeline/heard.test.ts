import assert from "node:assert/strict";
import { test } from "node:test";
import { Heard } from "./heard.ts";

test("DEV-4: an action is heard once, however often and in which order signals come", () => {
  const heard = new Heard(), times = new Map<number, number>();
  const signals = Array.from({ length: 1000 }, (_, i) => i + 1).flatMap((a) => [a, a, a + 1]);
  for (const a of signals) if (heard.first("m", a)) times.set(a, (times.get(a) ?? 0) + 1);
  assert.deepEqual([...new Set(times.values())], [1]);
  assert.equal(times.size, 1001);
});

test("members have numbers of their own, and what is far behind is old", () => {
  const heard = new Heard();
  assert.equal(heard.first("a", 1), true);
  assert.equal(heard.first("b", 1), true);
  assert.equal(heard.first("a", 1000), true);
  assert.equal(heard.first("a", 2), false);
});
