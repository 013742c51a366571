/** A tab as a device, on its bench. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "./cbor.ts";
import { WabError } from "./error.ts";
import { Session } from "./session.ts";
import { Bench, on, target } from "./testkit/bench.ts";

test("DEV-2: commands run at their instants, and what became of them is reported", async () => {
  const b = await Bench.start();
  const at = await b.give("x", 1000, [on, [340, "pin", [false]]]);
  await b.w.pass(3000);
  assert.deepEqual(b.ran, [["pin", [true], at], ["pin", [false], at + 340_000]]);
  assert.deepEqual(b.outcomes, [{ id: "x", outcome: "done", command: "pin", due: at + 340_000, ran: at + 340_000, bound: 2000 }]);
  await b.close();
});

test("DEV-2: a bundle takes over at its start, and what comes again is known", async () => {
  const b = await Bench.start();
  const at = await b.give("x", 1000, [on, [5000, "pin", [false]]]);
  const second = await b.give("y", 2000, [on]);
  await b.w.pass(1500);
  b.w.socket.cut();
  await b.w.pass(10_000);
  assert.deepEqual(b.ran, [["pin", [true], at], ["pin", [false], second], ["pin", [true], second]]);
  assert.deepEqual(b.outcomes.map((o) => [o.id, o.outcome]), [["x", "replaced"], ["y", "done"]]);
  await b.close();
});

test("DEV-2: what fails is reported and recovered from, and nothing else happens", async () => {
  let loops = 0;
  const b = await Bench.start({ loop: () => { if (++loops % 2) throw new Error("a loop's"); }, every: 100 });
  await b.give("x", -1, [[0, "bad", []], on]);
  await b.w.pass(1000);
  await b.give("y", -1, [[0, "slow", []]]);
  await b.w.pass(1000);
  await b.give("z", -1, [[0, "fly", []]]);
  await b.w.pass(1000);
  assert.deepEqual(b.outcomes.map(({ id, outcome, error }) => [id, outcome, error]), [
    ["x", "failed", "it is broken"], ["y", "failed", "it took long"], ["z", "unknown", "The device has no command fly."],
  ]);
  assert.deepEqual(b.ran.map(([, args]) => args), [[false], [false]]);
  assert.ok(loops > 20 && b.errors.length > 10);
  await b.close();
});

test("DEV-3: a clock that is not exact enough is told", async () => {
  const b = await Bench.start();
  b.bound = 20;
  await b.give("x", 1000, [on], { maxBound: 10_000 });
  await b.w.pass(2000);
  assert.deepEqual(b.outcomes.map((o) => [o.outcome, o.bound]), [["refused", 20_000]]);
  b.bound = Infinity; // nothing is known: it waits
  await b.give("y", -1, [on]);
  await b.w.pass(2000);
  assert.equal(b.outcomes.length, 1);
  b.bound = 1;
  await b.w.pass(2000);
  assert.deepEqual(b.ran.at(-1)!.slice(0, 2), ["pin", [true]]);
  await b.close();
});

test("DEV-2: away, it keeps the time, and reports later", async () => {
  const b = await Bench.start();
  const at = await b.give("x", 1000, [on]);
  const serve = b.w.server;
  b.w.server = (s) => s.cut();
  b.w.socket.cut();
  b.device.report("away", true);
  b.device.report("away", false);
  await b.w.pass(5000);
  assert.deepEqual(b.ran, [["pin", [true], at]]);
  assert.equal(b.outcomes.length, 0);
  b.w.server = serve;
  await b.w.pass(60_000);
  assert.deepEqual(b.outcomes.map((o) => o.outcome), ["done"]);
  assert.deepEqual(b.values, [["away", false]]);
  await b.close();
});

test("a report that fails for now is made again", async () => {
  const b = await Bench.start();
  b.answer = (s, f) => s.reply(35, f[1]!, f[2]!, "failed", "The method failed.", 0);
  b.device.report("n", 1);
  await b.w.pass(1000);
  b.device.report("n", 2);
  await b.w.pass(3000);
  b.answer = (s, f) => s.reply(34, f[1]!, f[2]!, null);
  await b.w.pass(10_000);
  const n = b.values.length;
  assert.ok(n >= 3);
  assert.deepEqual(b.values.at(-1), ["n", 2]);
  await b.w.pass(60_000);
  assert.equal(b.values.length, n);
  b.answer = (s, f) => s.reply(35, f[1]!, f[2]!, "bad_request", "Nobody understands it.", 0);
  b.device.report("n", 3);
  await b.w.pass(60_000);
  assert.deepEqual(b.values.slice(n), [["n", 3]]);
  assert.equal((b.errors.at(-1) as WabError).code, "bad_request");
  await b.close();
});

test("another device of its name takes over", async () => {
  const b = await Bench.start();
  const ch = b.w.socket.of(2)[0]![1]!;
  b.w.socket.reply(35, ch, 0, "conflict", "The session was opened elsewhere.", 0);
  await b.w.settle();
  const why = await b.device.ended;
  assert.equal(why?.code, "conflict");
  assert.match(why!.message, /lamp/);
  assert.throws(() => b.device.report("x", 1), (e: unknown) => e instanceof WabError);
});

test("an old token ends it", async () => {
  const b = await Bench.start();
  b.w.socket.reply(38, "unauthenticated", "The token is revoked.", -1);
  await b.w.pass(5000); // other tabs may have a newer one
  assert.equal((await b.device.ended)?.code, "unauthenticated");
});

test("maps that are closed to it end it", async () => {
  const b = await Bench.start();
  b.w.socket.reply(83, b.w.socket.of(64)[0]![1]!, "not_allowed", "The rule was taken back.", 0);
  await b.w.settle();
  assert.equal((await b.device.ended)?.code, "not_allowed");
});

test("what can't be a device, or be reported", async () => {
  const b = await Bench.make();
  b.maps.refused.set("counter:alice/home/buzzer-bundles", ["not_allowed", "It is the lamp's token."]);
  await assert.rejects(b.open({}, "buzzer"), { code: "not_allowed" });
  await assert.rejects(b.open({ setup: () => { throw new Error("no lamp"); } }), /no lamp/);
  const s = new Session(b.w.page().background, { target, app: "counter", ca: "home", session: "lamp", keep: 0 }, 0);
  for (const name of ["", "Lamp", "-", "x".repeat(55), "lamp"]) await assert.rejects(s.device(name), (e: unknown) => e instanceof WabError);
  b.device = await b.open();
  for (const [key, value] of [["x", () => 1], ["", 1], ["x", "y".repeat(70_000)], ["\n", 1], ["k".repeat(300), 1]] as [string, unknown][]) {
    assert.throws(() => b.device.report(key, value), (e: unknown) => e instanceof WabError, key);
  }
  b.maps.commit([b.bundles, { odd: ["other", 0, 0, 0, 0, 0, [], []], odder: 7 }]);
  await b.w.pass(1000);
  assert.deepEqual(b.outcomes.map((o) => [o.id, o.outcome]).sort(), [["odd", "refused"], ["odder", "refused"]]);
  await b.close();
});

test("DEV-1: desired values are read, and the device is seen", async () => {
  const b = await Bench.start();
  b.maps.commit([b.desired, { color: "red" }]);
  await b.w.pass(1000);
  assert.equal(b.device.desired.get("color"), "red");
  const [, , shown] = b.w.socket.of(66).at(-1)!;
  assert.deepEqual(Object.keys(shown as object).sort(), ["at", "bound", "device"]);
  b.device.report("color", "red");
  b.device.report("old", undefined);
  await b.close();
  assert.deepEqual(b.values.sort(), [["color", "red"], ["old", null]]);
  assert.equal(await b.device.ended, undefined);
});

test("DEV-1: a device with its owner's token is known from its start, and one that may not report is none", async () => {
  const b = await Bench.make();
  let reports = 0;
  b.answer = (s, f) => s.reply(35, f[1]!, f[2]!, ++reports ? "not_allowed" : "", "Not you.", 0);
  await assert.rejects(b.open(), { code: "not_allowed" });
  b.answer = (s, f) => (reports++, s.reply(34, f[1]!, f[2]!, null));
  b.device = await b.open();
  await b.w.pass(1000);
  assert.equal(reports, 2);
  await b.close();
});

test("DEV-2: what is no bundle costs the others nothing", async () => {
  const b = await Bench.start();
  const bad = [7, null, [], [7, 0, 0, 0, 0, 0, [], []], ["5", 0, 0, 0, 0, 0, [7], []], ["6", 0, 0, 0, 0, 0, [], [null]], ["7", 0.5, 0, 0, 0, 0, [], []], ["8", 0, 0, 0, 0, 0, [[1e300, "pin", []]], []]];
  b.maps.commit([b.bundles, Object.fromEntries(bad.map((value, i) => [`${i + 1}`, value])) as { [key: string]: Value }]);
  b.maps.commit([b.bundles, { ["x".repeat(65)]: 7 }]);
  await b.w.pass(1000);
  await b.give("x", -1, [on]);
  await b.w.pass(1000);
  assert.deepEqual(b.outcomes.map((o) => o.outcome), [...bad.map(() => "refused"), "done"]);
  assert.equal(b.errors.length, 1); // nobody could report on that one
  await b.close();
});

test("DEV-2: outcomes don't go under with a value", async () => {
  const b = await Bench.start();
  b.answer = (s, f) => s.reply(35, f[1]!, f[2]!, "failed", "Not now.", 0);
  b.device.report("one more", 1);
  await b.w.settle();
  b.answer = (s, f) => { // to both together
    const [, values] = f[6] as [string, object];
    if (Object.keys(values).length) s.reply(35, f[1]!, f[2]!, "too_large", "A device reports at most 1,000 values.", 0);
    else s.reply(34, f[1]!, f[2]!, null);
  };
  b.maps.commit([b.bundles, { odd: 7 }]);
  await b.w.pass(2000);
  assert.deepEqual(b.outcomes.map((o) => o.id), ["odd", "odd"]);
  assert.equal(b.errors.length, 1);
  await b.w.pass(60_000);
  assert.equal(b.values.length, 2);
  await b.close();
});

test("what is reported is what was said, bounded in number and size", async () => {
  const b = await Bench.start();
  const lamp: { [key: string]: unknown } = { on: true };
  b.device.report("lamp", lamp);
  lamp["on"] = () => "changed, into what can't be sent";
  await b.w.pass(1000);
  assert.deepEqual(b.values, [["lamp", { on: true }]]);
  const serve = b.w.server;
  b.w.server = (s) => s.cut();
  b.w.socket.cut();
  for (let i = 0; i < 1000; i++) b.device.report(`${i}`, "x".repeat(i < 10 ? 60_000 : 1));
  assert.throws(() => b.device.report("one more", 1), { code: "overloaded" });
  b.device.report("999", "the latest");
  let most = 0;
  b.w.server = (s, f) => {
    if (f[0] === 3) most = Math.max(most, JSON.stringify(f[6]).length);
    serve(s, f);
  };
  await b.w.pass(60_000);
  assert.equal(b.values.length, 1001);
  assert.ok(most < 300_000, `${most} bytes in one report`);
  assert.deepEqual(b.values.at(-1), ["999", "the latest"]);
  await b.close();
});

test("a device whose loop can't go on says so", async () => {
  const b = await Bench.start();
  Object.defineProperty(b, "bound", { get: () => { throw new Error("no clock"); } });
  await b.give("x", -1, [on]);
  await b.w.pass(20_000);
  assert.equal((await b.device.ended)?.code, "internal");
  assert.match(String(b.errors[0]), /no clock/);
});
