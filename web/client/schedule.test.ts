/** The vectors that package bundle wrote (internal/bundle/testdata), played by the page's scheduler. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type End, type Moment, parseBundle, type Run, Scheduler } from "./schedule.ts";

interface Step { in: unknown[]; out: unknown[][]; wake: number }

function told(e: Run | End): unknown[] {
  if (e.t === "run") return ["run", e.id, e.command.name, e.n, e.due, e.recovery, e.method, e.off];
  return ["end", e.id, e.outcome, e.command?.name ?? "", e.due, e.ran, e.bound, e.text, e.method, e.off];
}

function play(s: Scheduler, step: Step): void {
  const [what, ...args] = step.in as [string, never, never, never, never];
  const asMoment = ([room, member, action, at]: [string, string, number, number]): Moment => ({ room, member, action, at });
  if (what === "add") s.add(args[0], parseBundle(args[1])!);
  else if (what === "tick") s.tick(args[0], args[1]);
  else if (what === "moment") s.moment(args[0], asMoment(args[1]), { method: args[2], off: args[3] });
  else s.ran(...args);
  const out: unknown[][] = [];
  for (let e = s.next(); e; e = s.next()) out.push(told(e));
  assert.deepEqual({ in: step.in, out, wake: s.wake }, step);
}

test("DEV-2, DEV-4: the scheduler tells what package bundle's does", () => {
  const cases = JSON.parse(readFileSync("internal/bundle/testdata/scheduler.json", "utf8")) as Step[][];
  assert.ok(cases.length >= 60);
  for (const steps of cases) {
    const s = new Scheduler((name) => name !== "no");
    for (const step of steps) play(s, step);
  }
});

test("DEV-2: what waits for long is known all the time", () => {
  const s = new Scheduler(() => true);
  const far = parseBundle(["far", 10_000, 0, 0, 0, 0, [[0, "on", []]], []])!;
  s.add(1000, far);
  for (let i = 0; i < 2000; i++) s.add(1000, parseBundle([`${i}`, 0, 0, 0, 0, 0, [], []])!);
  s.tick(1000, 0);
  s.add(1000, far);
  while (s.next());
  s.tick(10_000, 0);
  assert.equal(s.next()?.t, "run");
  s.ran("far", 0, 10_000, "");
  s.tick(10_000, 0);
  assert.equal(s.next()?.t, "end");
  assert.equal(s.next(), undefined);
});

test("what comes again is known, up to a thousand ids", () => {
  const s = new Scheduler(() => true);
  const ends = (id: string): number => {
    s.add(1000, parseBundle([id, 0, 0, 0, 0, 0, [], []])!);
    s.tick(1000, 0);
    let n = 0;
    while (s.next()) n++;
    return n;
  };
  assert.equal(ends("first"), 1);
  for (let i = 1; i < 1000; i++) assert.equal(ends(`${i}`), 1);
  assert.equal(ends("first"), 0);
  assert.equal(ends("1000"), 1);
  assert.equal(ends("first"), 1);
});

test("what is no bundle", () => {
  const good = ["x", 9, 0, 2, 0, 0, [[0, "on", [1]]], [], ["r", "m", 1, 7], true, "of a later version"];
  assert.deepEqual(parseBundle(good)?.moment, { room: "r", member: "m", action: 1, at: 7 });
  assert.deepEqual(parseBundle([...good.slice(0, 8), null, null])?.moment, undefined);
  assert.equal(parseBundle(good)?.tolerance, 50_000);
  assert.equal(parseBundle(["x", 2n ** 50n, 0, 2, 1, 0, [], []])?.at, 2 ** 50);
  for (const [i, wrong] of [[0, ""], [0, 1], [1, -1], [1, "soon"], [3, 3], [6, {}], [6, [[0, 1, []]]], [6, [[-1, "on", []]]], [6, [[0, "on", 1]]], [7, null], [6, [7]], [6, [null]], [7, [undefined]], [0, "é".repeat(33)], [1, 1.5], [1, Infinity], [1, null], [1, "1"],
    [2, 2n ** 63n], [4, 1e12], [6, [[1e12, "on", []]]], [6, [[8e10, "on", []], [8e10, "on", []]]], [6, [[0, "x".repeat(65), []]]], [6, Array(1001).fill([0, "on", []])],
    [8, 7], [8, []], [8, ["r", "m", 1]], [8, ["", "m", 1, 7]], [8, ["r", "", 1, 7]], [8, ["r", "m", 0, 7]], [8, ["r", "m", 2 ** 32, 7]], [8, ["r", "m", 1, 0]], [8, ["r", "m", 1, 10]], [8, ["r".repeat(257), "m", 1, 7]],
    [1, 0], [9, 1], [6, [[1, "on", []]]]] as const) {
    const bad = Object.assign([...good], { [i]: wrong });
    assert.equal(parseBundle(bad), undefined, `${i}: ${String(wrong)}`);
  }
  assert.equal(parseBundle(null), undefined);
  assert.equal(parseBundle(good.slice(0, 7)), undefined);
});
