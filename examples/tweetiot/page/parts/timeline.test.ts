import assert from "node:assert/strict";
import test from "node:test";
import { actsOf, instant, ms, type Outcome, scale, spread } from "./timeline.ts";

const at = "2026-11-22T12:00:00.123456Z";
const outcome = (over: Partial<Outcome>): Outcome => ({ Device: "lamp", Result: "done", Due: "2026-11-22T12:00:00.323456Z", Ran: "2026-11-22T12:00:00.324956Z", Bound: 2_000_000, Err: "", ...over });
const post = { from: "alice/home", text: "flash #a", at };

test("instants keep their microseconds", () => {
  assert.equal(instant("2026-11-22T12:00:00Z"), Date.parse("2026-11-22T12:00:00Z"));
  assert.ok(Math.abs(instant(at) - Date.parse("2026-11-22T12:00:00Z") - 123.456) < 0.001);
  assert.ok(Number.isNaN(instant("0001-01-01T00:00:00+01:00")));
});

test("an act belongs to the post whose pin was due then", () => {
  const acts = actsOf(post, new Map([
    ["bob", [["lamp", [outcome({ Due: "2026-11-22T12:00:00.322Z" }), outcome({})]], ["buzzer", [outcome({ Device: "buzzer" })]]] as const],
    ["carol", [["lamp", [outcome({ Due: "2026-11-22T11:59:59.323456Z" })]]] as const],
    ["alice", [["lamp", [outcome({ Result: "refused", Due: at, Ran: "0001-01-01T00:00:00Z", Err: "no such device" })]]] as const],
  ]));
  assert.deepEqual(acts.map((a) => [a.owner, a.device, a.result, a.why, a.bound]), [["alice", "lamp", "refused", "no such device", undefined], ["bob", "lamp", "done", "", 2]]);
  assert.ok(Math.abs(acts[1]!.late! - 1.5) < 0.001);
});

test("how far apart they acted", () => {
  const act = (late?: number, bound = 3) => ({ owner: "a", device: "lamp", result: "done", why: "", ...(late !== undefined && { late, bound }) });
  assert.deepEqual(spread([act(1), act(-2, 7), act()]), { apart: 3, bound: 7, devices: 2 });
  assert.deepEqual(spread([]), { apart: 0, bound: 0, devices: 0 });
  assert.deepEqual([scale([]), scale([act(1)]), scale([act(-2, 7)]), scale([act(99_999)])], [5, 5, 10, 10_000]);
});

test("milliseconds in words", () => {
  assert.deepEqual([0, 0.04, -1.26, 9.99, 12.6, 9_999, 10_400].map(ms), ["0.0 ms", "0.0 ms", "-1.3 ms", "10.0 ms", "13 ms", "9999 ms", "10 s"]);
});
