import assert from "node:assert/strict";
import test from "node:test";
import { merge, outcome, ownerOf } from "./feed.ts";

const p = (from: string, second: number) => ({ from, text: "flash #a", at: `2026-11-22T12:00:0${second}.5Z` });

test("a post that one sends and receives is one", () => {
  const all = merge([p("alice/home", 1), p("alice/home", 3)], [p("bob/home", 2), p("alice/home", 3)]);
  assert.deepEqual(all.map((e) => [e.from, e.sent, e.received]), [["alice/home", true, true], ["bob/home", false, true], ["alice/home", true, false]]);
});

test("an outcome in words", () => {
  const act = (late: number) => ({ owner: "a", device: "lamp", result: "done", why: "", late, bound: 3 });
  assert.equal(outcome([], 2, 1), "To come.");
  assert.equal(outcome([], 1, 2), "No device that you can see has told yet.");
  assert.equal(outcome([{ owner: "a", device: "lamp", result: "late", why: "" }], 1, 2), "No device acted.");
  assert.equal(outcome([act(1)], 1, 2), "One device acted, by a clock that is right to ±3.0 ms.");
  assert.equal(outcome([act(1), act(2.5)], 1, 2), "2 devices acted within 1.5 ms, by clocks that are right to ±3.0 ms.");
});

test("the owner of a name", () => assert.deepEqual(["alice/home", "sentinel:bob/home", "carol"].map(ownerOf), ["alice", "bob", "carol"]));
