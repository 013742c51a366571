/** Bundles with moments, on a tab that is a device, with a timeline that the test tells what is shown. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceTimeline } from "./device.ts";
import { Bench, FakeTimeline, on } from "./testkit/bench.ts";

test("DEV-4: a bundle with a moment runs with its frame, and tells by which method and how far off", async () => {
  const line = new FakeTimeline();
  const b = await Bench.start({ timeline: line });
  const deadline = await b.give("x", 2000, [on, [340, "pin", [false]]], { action: 1 });
  assert.deepEqual(line.deadlines, [deadline]);
  await b.w.pass(500);
  const shown = b.w.time;
  line.show(1, 1.25);
  await b.w.pass(5000);
  assert.deepEqual(b.ran, [["pin", [true], shown], ["pin", [false], shown + 340_000]]);
  assert.deepEqual(b.outcomes, [{ id: "x", outcome: "done", command: "pin", due: shown + 340_000, ran: shown + 340_000, bound: 2000, method: "frame", off: 1250 }]);
  assert.deepEqual(b.methods, ["frame", "frame"]);
  await b.close();
});

test("DEV-4: what was shown before the bundle came runs it at once", async () => {
  const line = new FakeTimeline();
  const b = await Bench.start();
  b.device.timeline = line;
  line.shown.set(1, 80);
  await b.give("x", 2000, [on], { action: 1, beside: true });
  await b.w.pass(10);
  assert.equal(b.ran.length, 1);
  await b.w.pass(5000);
  assert.deepEqual([b.ran.length, b.outcomes.length, b.outcomes[0]!.method, b.outcomes[0]!.off], [1, 1, "frame", 80_000]);
  await b.close();
});

test("DEV-4: what is not shown, or by no timeline, runs at its deadline", async () => {
  const line = new FakeTimeline();
  const b = await Bench.start({ timeline: line });
  const at = [await b.give("x", 2000, [on], { action: 1 }), await b.give("y", 2500, [on], { action: 2 })];
  await b.w.pass(2100);
  line.show(1, 0); // too late
  line.show(2, undefined, "deadline"); // the timeline's own clock is not the device's
  await b.w.pass(1000);
  b.device.timeline = undefined;
  at.push(await b.give("z", 1000, [on], { action: 3 }));
  await b.w.pass(2000);
  assert.deepEqual(b.ran.map(([, , when]) => when), at);
  assert.deepEqual(b.outcomes.map((o) => [o.id, o.outcome, o.method, o.off]), [["x", "done", "deadline", 0], ["y", "done", "deadline", 0], ["z", "done", "deadline", 0]]);
  await b.close();
});

test("DEV-4: a timeline that comes later is asked for what waits, and the one before is let go", async () => {
  const first = new FakeTimeline(), second = new FakeTimeline();
  const b = await Bench.start({ timeline: first });
  await b.give("x", 2000, [on], { action: 1 });
  await b.give("y", 2000, [on], { action: 2 });
  const late = first.waiting.get(1)!;
  b.device.timeline = second;
  assert.equal(b.device.timeline, second);
  assert.deepEqual([first.waiting.size, first.cancelled, second.waiting.size], [0, 2, 2]);
  late({ method: "frame", error_ms: 0 }); // nobody listens to it any more
  await b.w.pass(100);
  assert.equal(b.ran.length, 0);
  second.show(2, 0);
  second.show(1, 0);
  await b.w.pass(100);
  assert.deepEqual(b.outcomes.map((o) => [o.id, o.outcome]), [["y", "replaced"], ["x", "done"]]); // y, the same instant: x came after it
  await b.close();
  assert.equal(second.waiting.size, 0);
});

test("DEV-4: a timeline of the page's own can't spoil a report", async () => {
  const line = new FakeTimeline();
  const b = await Bench.start({ timeline: line });
  for (const [i, [method, off]] of ([["m".repeat(1000), Infinity], ["", -1e300], ["frame", NaN], ["frame", -0.0001]] as const).entries()) {
    await b.give(`${i}`, 2000, [on], { action: i + 1, beside: true });
    line.show(i + 1, off, method);
    await b.w.pass(100);
  }
  assert.deepEqual(b.outcomes.map((o) => [o.method, o.off]), [["m".repeat(20), 86_400e6], ["unknown", -86_400e6], ["frame", 0], ["frame", 0]]);
  assert.ok(!Object.is(b.outcomes.at(-1)!.off, -0));
  await b.close();
});

test("DEV-4: a timeline that fails costs nothing but the frame", async () => {
  const broken: DeviceTimeline = { when: () => { throw new Error("no video"); } };
  const b = await Bench.start({ timeline: broken });
  const at = await b.give("x", 1000, [on], { action: 1 });
  await b.w.pass(2000);
  assert.deepEqual(b.ran, [["pin", [true], at]]);
  assert.match(String(b.errors[0]), /no video/);
  await b.close();
});

test("DEV-4, DEV-5: twenty commands at once all run, in order, beside what runs", async () => {
  const b = await Bench.start();
  await b.give("long", -1, [on, [5000, "pin", [false]]]);
  await b.w.pass(100);
  for (let i = 0; i < 20; i++) await b.give(`c${String(i).padStart(2, "0")}`, -1, [[0, "pin", [i]]], { beside: true });
  await b.w.pass(10_000);
  assert.deepEqual(b.ran.map(([, [arg]]) => arg), [true, ...Array(20).keys(), false]);
  assert.deepEqual(b.outcomes.map((o) => o.outcome), Array(21).fill("done"));
  await b.close();
});
