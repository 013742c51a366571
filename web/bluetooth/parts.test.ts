/** Small parts: hearts, values and their meanings, names, turns, paces, wishes, words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hex, unhex } from "./bytes.ts";
import { choose, requestOf } from "./choose.ts";
import type { Driver } from "./driver.ts";
import { readHeart } from "./heart.ts";
import { lamp } from "./lamp.ts";
import { Latest } from "./latest.ts";
import { meaningOf } from "./meaning.ts";
import { anything, fitting } from "./profiles.ts";
import { FakeClock, settle } from "./testkit/clock.ts";
import { Turns } from "./turns.ts";
import { full, isUUID, nameOf, short } from "./uuid.ts";
import { virtualHeart } from "./virtual-heart.ts";
import { virtualLamp } from "./virtual-lamp.ts";
import { whom } from "./view.ts";
import { Wish } from "./wish.ts";
import { clean, notChosen, whyNot } from "./words.ts";

test("heart-rate measurements are read as the service has them", () => {
  const none = { contact: null, energy: null, intervals: [] };
  assert.deepEqual(readHeart(Uint8Array.of(0, 72)), { ...none, bpm: 72 });
  assert.deepEqual(readHeart(Uint8Array.of(1, 0x2c, 0x01)), { ...none, bpm: 300 });
  assert.deepEqual(readHeart(Uint8Array.of(6, 60)), { ...none, bpm: 60, contact: true });
  assert.deepEqual(readHeart(Uint8Array.of(4, 0)), { ...none, bpm: 0, contact: false });
  assert.deepEqual(readHeart(Uint8Array.of(0x1e, 61, 0x10, 0x27, 0, 4, 0, 2)), { bpm: 61, contact: true, energy: 10_000, intervals: [1000, 500] });
});

test("what is no measurement isn't taken for one, whatever it is", () => {
  for (const v of [[], [0], [1, 5], [8, 60], [9, 60, 0, 1]]) assert.equal(readHeart(Uint8Array.from(v)), undefined, String(v));
  for (let n = 0; n < 2000; n++) {
    const v = Uint8Array.from({ length: Math.floor(Math.random() * 24) }, () => Math.random() * 256);
    const heart = readHeart(v);
    if (heart) assert.ok(heart.bpm >= 0 && heart.bpm < 65_536 && heart.intervals.every((i) => i >= 0 && i < 64_000));
    for (const uuid of ["2a19", "2a37", "2a38", "2a6d", "2a6e", "2a6f", "2a00", "2a37~2"]) assert.ok((meaningOf(uuid, v)?.length ?? 0) <= 128);
  }
});

test("values mean what the specification says", () => {
  for (const [uuid, value, want] of [
    ["2a19", [87], "87 %"], ["2a6e", [0x2e, 0xfb], "-12.3 °C"], ["2a6f", [0x10, 0x0e], "36.0 %"], ["2a6d", [0xa8, 0x75, 0x0f, 0], "1013.2 hPa"], ["2a37", [0, 72], "72 a minute"], ["2a37", [4, 0], "no contact"],
    ["2a38", [1], "chest"], ["2a38", [99], undefined], ["2a29", [..."A\u0007cme"].map((c) => c.charCodeAt(0)), "A cme"], ["2a6e", [1], undefined], ["2aff", [1], undefined], ["2a00", [], undefined],
  ] as const) assert.equal(meaningOf(uuid, Uint8Array.from(value)), want, `${uuid} ${String(value)}`);
});

test("a virtual heart beats as one may, and is a heart-rate sensor", async () => {
  const clock = new FakeClock();
  const driver = virtualHeart("Heart", clock);
  await driver.connect();
  const { profile, fit } = fitting(driver.services);
  const all: number[] = [];
  driver.onvalue = (at, v) => (fit.heard(at, v), all.push(fit.state["bpm"] as number));
  for (const at of fit.reads) await driver.read(at);
  for (const at of fit.follows) await driver.notify(at, true);
  all.length = 0;
  await clock.pass(600_000);
  assert.equal(profile.name, "heart-rate");
  assert.deepEqual([fit.state["place"], fit.state["battery"], fit.state["contact"]], ["chest", 87, true]);
  assert.equal(all.length, 600 + 1); // and once at the beginning
  assert.ok(all.every((bpm, i) => bpm >= 45 && bpm <= 180 && (i === 0 || Math.abs(bpm - all[i - 1]!) < 15)));
  assert.ok(new Set(all).size > 8);
  driver.close();
  await clock.pass(5_000);
  assert.equal(all.length, 601);
});

test("virtual devices leave and come back as real ones do", async () => {
  const driver: Driver & { leave(): void; come(): void } = virtualLamp("Lamp");
  const reaches: string[] = [];
  driver.onreach = (r) => reaches.push(r);
  const at = "8e7d0000-1f5a-4c7e-9b7c-77616c616d70/8e7d0001-1f5a-4c7e-9b7c-77616c616d70";
  await assert.rejects(driver.read(at), { code: "unavailable" });
  await driver.connect();
  driver.leave();
  await assert.rejects(driver.write(at, Uint8Array.of(1)), { code: "unavailable", message: /Lamp is out of reach/ });
  driver.come();
  await driver.write(at, Uint8Array.of(1));
  assert.deepEqual([...(await driver.read(at))], [1]);
  await assert.rejects(driver.read("1/2"), { code: "not_found" });
  driver.close();
  driver.come();
  await assert.rejects(driver.read(at), { code: "unavailable", message: /not shared any more/ });
  assert.deepEqual(reaches, ["here", "lost", "here", "gone"]);
});

test("UUIDs are short where the SIG gave them out, and come back in full", () => {
  const own = "8e7d0000-1f5a-4c7e-9b7c-77616c616d70";
  for (const [long, brief] of [["0000180D-0000-1000-8000-00805F9B34FB", "180d"], ["12345678-0000-1000-8000-00805f9b34fb", "12345678"], [own, own]] as const) {
    assert.equal(short(long), brief);
    assert.equal(full(brief), long.toLowerCase());
  }
  for (const good of ["180d", "0000180d", own, own.toUpperCase()]) assert.ok(isUUID(good), good);
  for (const bad of ["", "18", "180g", "x".repeat(36), own + "0", "<b>"]) assert.ok(!isUUID(bad), bad);
  assert.equal(nameOf("2a37~2"), "Heart rate");
});

test("bytes are read as people write them", () => {
  for (const text of ["7e04ff", "7E 04 FF", "0x7e04ff", "7e:04:ff", " 7e-04 ff "]) assert.equal(hex(unhex(text.trim())), "7e04ff", text);
  assert.equal(unhex("").length, 0);
  for (const bad of ["7", "7e0", "zz", "7e 0 4f f0 x", 7, null, undefined, ["7e"]]) assert.throws(() => unhex(bad), { code: "bad_request" });
  assert.throws(() => unhex("00".repeat(513)), { code: "too_large" });
});

test("what changes often is passed on ten times a second, the latest of each", async () => {
  const clock = new FakeClock();
  const got: [number, string, number][] = [];
  const latest = new Latest<number>((key, value) => got.push([clock.now, key, value]), clock);
  for (let n = 0; n < 1000; n++) {
    latest.put("a", n);
    if (n % 100 === 0) latest.put("b", n);
    await clock.pass(1);
  }
  await clock.pass(1000);
  for (const key of ["a", "b"]) {
    const own = got.filter(([, k]) => k === key);
    assert.ok(own.length <= 11, `${own.length} of ${key}`);
    assert.ok(own.every(([at], i) => i === 0 || at - own[i - 1]![0] >= 100));
  }
  assert.deepEqual(got[0], [0, "a", 0]);
  assert.equal(got.filter(([, k]) => k === "a").at(-1)![2], 999);
  latest.put("a", 1);
  latest.put("a", 2);
  latest.end();
  await clock.pass(1000);
  assert.equal(got.at(-1)![2], 1);
});

test("turns go on after what fails, hangs or throws", async () => {
  const clock = new FakeClock();
  const turns = new Turns({ most: 4, patience: 1000, full: () => new Error("full"), late: () => new Error("late") }, clock);
  const all = [
    turns.run(() => Promise.reject(new Error("no"))), turns.run(() => new Promise(() => undefined)), turns.run(() => { throw new Error("thrown"); }), turns.run(async () => 4),
  ].map((p) => p.catch((e: Error) => e.message));
  await clock.pass(1000);
  assert.deepEqual(await Promise.all(all), ["no", "late", "thrown", 4]);
});

test("a slider's wishes go one at a time, and only the latest of those between", async () => {
  const got: number[] = [];
  let done = (): void => {};
  const wish = new Wish<number>((n) => (got.push(n), new Promise((resolve) => (done = resolve))));
  for (let n = 0; n < 50; n++) wish.want(n);
  done();
  await settle();
  done();
  await settle();
  assert.deepEqual([got, wish.pending], [[0, 49], false]);
});

test("strangers' texts are one line that hides nothing", () => {
  assert.equal(clean("a\u202eb\u0000c\nd\u200be  f"), "a b c d e f");
  assert.equal(clean("<script>alert(1)</script>"), "<script>alert(1)</script>"); // a text stays one: it is never read as anything else
  assert.equal([...clean("😀".repeat(500))].length, 64);
  for (const none of [undefined, null, 7, {}, ["x"]]) assert.equal(clean(none), "");
});

test("whom it is shared with is told in words", () => {
  for (const [subject, want] of [["house:bob", "bob"], ["bob", "bob"], ["house:alice/standup", "alice’s standup"], ["group:house:alice/standup/people", "people of alice’s standup"], ["anyone", "everybody"], ["", "somebody"]]) {
    assert.equal(whom(subject!), want);
  }
});

test("why there is no Bluetooth here, and what to do", () => {
  assert.equal(whyNot({ isSecureContext: true, navigator: { bluetooth: {} } }), undefined);
  assert.match(whyNot({ isSecureContext: false, navigator: {} })!.message, /https:\/\//);
  assert.match(whyNot({ isSecureContext: true, navigator: {} })!.message, /virtual device works/);
});

test("closing the browser's list is no fault, and others are told", async () => {
  for (const name of ["NotAllowedError", "AbortError"]) assert.equal(notChosen(new DOMException("x", name)), undefined);
  assert.equal(notChosen(new DOMException("User cancelled the requestDevice() chooser.", "NotFoundError")), undefined);
  assert.match(notChosen(new DOMException("Bluetooth adapter not available.", "NotFoundError"))!.message, /Bluetooth is off/);
  assert.match(notChosen(new DOMException("x", "SecurityError"))!.message, /allow="bluetooth"/);
  const fails = (name: string) => ({ requestDevice: () => Promise.reject(new DOMException("x", name)) });
  assert.equal(await choose(lamp, [], fails("AbortError")), undefined);
  await assert.rejects(choose(lamp, [], fails("SecurityError")), { code: "not_allowed" });
  await assert.rejects(choose(lamp, ["181A", "18ia"], fails("AbortError")), { code: "bad_request", message: /^“18ia” is no UUID/ });
});

test("the browser is asked for a profile's devices, and for all where somebody wants any", () => {
  const r = requestOf(lamp, ["180d"]);
  assert.ok(r.filters!.some((f) => f.services?.[0] === "8e7d0000-1f5a-4c7e-9b7c-77616c616d70") && r.filters!.some((f) => f.namePrefix === "ELK-"));
  assert.ok(r.optionalServices!.includes("0000180d-0000-1000-8000-00805f9b34fb") && r.optionalServices!.every((s) => s.length === 36));
  assert.equal(requestOf(anything, []).acceptAllDevices, true);
});
