import assert from "node:assert/strict";
import { test } from "node:test";
import { Pending } from "./pending.ts";

test("a control waits for what was asked last, whatever comes of it", async () => {
  const pending = new Pending<string>();
  let answer!: (text: string) => void, refuse!: (why: Error) => void;
  const one = pending.wait("lock", new Promise<string>((resolve) => (answer = resolve)));
  const two = pending.wait("lock", new Promise<string>((_, reject) => (refuse = reject)));
  answer("late");
  assert.equal(await one, "late");
  assert.equal(pending.has("lock"), true);
  assert.equal(pending.has("mode"), false);
  refuse(new Error("no"));
  await assert.rejects(two, /no/);
  assert.equal(pending.has("lock"), false);
});
