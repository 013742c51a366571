import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Change } from "./element.ts";
import { rect } from "./kit.ts";
import { Outbox } from "./outbox.ts";

/** A server whose answers the test gives. */
function world(): { out: Outbox; asked: Change[][]; answer: (version: number) => Promise<void>; fail: (code: string, retryAfter?: number) => Promise<void>; told: string[] } {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const asked: Change[][] = [], told: string[] = [];
  let now: { resolve(v: number): void; reject(e: unknown): void };
  const out = new Outbox({
    send: (changes) => (asked.push(changes), new Promise((resolve, reject) => (now = { resolve, reject }))),
    settled: (ids, v) => void told.push(`settled ${ids} ${v}`),
    refused: (ids, e) => void told.push(`refused ${ids} ${(e as { code: string }).code}`),
    changed: () => undefined,
  }, () => 0);
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    out, asked, told,
    answer: (v) => (now.resolve(v), turn()),
    fail: (code, retryAfter) => (now.reject({ code, retryAfter }), turn()),
  };
}

const go = (ms = 100): void => mock.timers.tick(ms);
const ids = (changes: Change[] | undefined): string => (changes ?? []).map((c) => `${c.id}${c.element ? c.element.x : "-"}`).join(" ");

test("one request at a time; what changes meanwhile goes out once, as it is then", async () => {
  const w = world();
  w.out.put([{ id: "a", element: rect({ x: 1 }) }]);
  go();
  w.out.put([{ id: "a", element: rect({ x: 2 }) }, { id: "b", element: rect() }]);
  w.out.put([{ id: "a", element: rect({ x: 3 }) }, { id: "c", element: null }]);
  go(10_000);
  assert.equal(w.asked.length, 1);
  assert.equal(w.out.size, 3);
  await w.answer(7);
  assert.deepEqual(w.told, ["settled  7"], "a has changed again");
  go();
  assert.equal(ids(w.asked[1]), "b0 a3 c-");
  await w.answer(8);
  assert.equal(w.told[1], "settled b,a,c 8");
  assert.equal(w.out.size, 0);
});

test("what may be made later is asked again, with what is newer", async () => {
  const w = world();
  w.out.put([{ id: "a", element: rect({ x: 1 }) }, { id: "b", element: rect({ x: 1 }) }]);
  go();
  w.out.put([{ id: "a", element: rect({ x: 2 }) }]);
  await w.fail("session_expired");
  assert.deepEqual(w.told, []);
  go(499);
  assert.equal(w.asked.length, 1);
  go(1);
  assert.equal(ids(w.asked[1]), "a2 b1");
  await w.fail("overloaded", 5000);
  go(4999);
  assert.equal(w.asked.length, 2, "the server says when");
  go(1);
  assert.equal(w.asked.length, 3);
});

test("what is refused is told and forgotten, with what came on top of it", async () => {
  const w = world();
  w.out.put([{ id: "a", element: rect() }]);
  go();
  w.out.put([{ id: "a", element: rect({ x: 2 }) }, { id: "b", element: rect() }]);
  await w.fail("not_allowed");
  assert.deepEqual(w.told, ["refused a not_allowed"]);
  go();
  assert.equal(ids(w.asked[1]), "b0");
});

test("one that can't be takes no other with it", async () => {
  const w = world();
  w.out.put([..."abcdefg"].map((id) => ({ id, element: rect() })));
  for (let asked = 1; w.out.size > 0; asked++) {
    go();
    assert.equal(w.asked.length, asked, "each refusal is followed by another request");
    await (w.asked.at(-1)!.some((c) => c.id === "c") ? w.fail("failed") : w.answer(asked));
  }
  const settled = w.told.filter((t) => t.startsWith("settled")).flatMap((t) => t.split(" ")[1]!.split(","));
  assert.deepEqual(settled.sort(), [..."abdefg"]);
  assert.deepEqual(w.told.filter((t) => t.startsWith("refused")), ["refused c failed"]);
});

test("who may not is told of all at once", async () => {
  const w = world();
  w.out.put([..."abc"].map((id) => ({ id, element: rect() })));
  go();
  await w.fail("not_allowed");
  assert.deepEqual(w.told, ["refused a,b,c not_allowed"]);
  assert.equal(w.out.size, 0);
});

test("without a valid token nothing is lost, and nothing is tried before there is one", async () => {
  const w = world();
  w.out.put([{ id: "a", element: rect() }]);
  go();
  await w.fail("unauthenticated");
  go(100_000);
  assert.equal(w.asked.length, 1);
  assert.equal(w.out.size, 1);
  w.out.resume();
  go();
  assert.equal(w.asked.length, 2);
});

test("large and many changes go in several requests", async () => {
  const w = world();
  const image = new Uint8Array(190_000);
  w.out.put(["a", "b", "c"].map((id) => ({ id, element: rect({ kind: "image", image }) })));
  go();
  assert.equal(w.asked[0]!.length, 2);
  await w.answer(1);
  go();
  await w.answer(2);
  w.out.put(Array.from({ length: 1000 }, (_, i) => ({ id: `x${i}`, element: null })));
  go();
  assert.equal(w.asked[2]!.length, 400);
});
