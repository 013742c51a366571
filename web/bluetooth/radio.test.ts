/** The driver of real devices, on a fake of the browser's Web Bluetooth. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Address, Reach } from "./driver.ts";
import { Radio } from "./radio.ts";
import { FakeClock, settle } from "./testkit/clock.ts";
import { FakeDevice } from "./testkit/radio.ts";

const services = [
  { uuid: "180d", characteristics: { "2a37": ["notify"], "2a38": ["read"] } },
  { uuid: "fff0", characteristics: { fff3: ["writeWithoutResponse"], fff4: ["read", "write"] } },
] as const;

async function start(device = new FakeDevice(services, "Lamp")): Promise<{ device: FakeDevice; radio: Radio; clock: FakeClock; heard: [Address, number[]][]; reaches: Reach[] }> {
  const clock = new FakeClock();
  const radio = new Radio(device, clock);
  const heard: [Address, number[]][] = [];
  const reaches: Reach[] = [];
  radio.onvalue = (at, value) => heard.push([at, [...value]]);
  radio.onreach = (reach) => reaches.push(reach);
  await radio.connect();
  return { device, radio, clock, heard, reaches };
}

const code = (code: string, words: RegExp) => (e: Error & { code?: string }): boolean => e.code === code && words.test(e.message);

test("what a device has is found, in short names", async () => {
  const { radio } = await start();
  assert.deepEqual(radio.services, [
    { uuid: "180d", characteristics: [{ uuid: "2a37", can: ["notify"] }, { uuid: "2a38", can: ["read"] }] },
    { uuid: "fff0", characteristics: [{ uuid: "fff3", can: ["write"] }, { uuid: "fff4", can: ["read", "write"] }] },
  ]);
  assert.equal(radio.reach, "here");
});

test("operations run one at a time, in order, though all are asked for at once", async () => {
  const { radio, device } = await start();
  device.answers = false;
  const all = [1, 2, 3].map((n) => radio.write("fff0/fff4", Uint8Array.of(n)));
  const read = radio.read("180d/2a38");
  for (let n = 1; n <= 3; n++) {
    await settle();
    assert.equal(device.got.length, n);
    assert.deepEqual([device.got[n - 1]!.kind, device.got[n - 1]!.value], ["write", [n]]);
    device.got[n - 1]!.done();
  }
  await settle();
  device.got[3]!.done(Uint8Array.of(2));
  await Promise.all(all);
  assert.deepEqual([...(await read)], [2]);
});

test("what can only be written without an answer is", async () => {
  const { radio, device } = await start();
  await radio.write("fff0/fff3", Uint8Array.of(7));
  assert.deepEqual(device.got.map((o) => [o.kind, o.value]), [["write-quick", [7]]]);
});

test("so many wait and no more, and those are told", async () => {
  const { radio, device } = await start();
  device.answers = false;
  const all = Array.from({ length: 33 }, (_, n) => radio.write("fff0/fff4", Uint8Array.of(n)));
  await assert.rejects(radio.write("fff0/fff4", Uint8Array.of(99)), code("overloaded", /can’t keep up/));
  device.answers = true;
  await settle();
  device.got[0]!.done();
  await Promise.all(all);
  assert.deepEqual(device.got.map((o) => o.value[0]), Array.from({ length: 33 }, (_, n) => n));
});

test("what can't be done is refused in words", async () => {
  const { radio, device } = await start();
  await assert.rejects(radio.read("180d/2a37"), code("bad_request", /can’t be read/));
  await assert.rejects(radio.write("180d/2a38", Uint8Array.of(1)), code("bad_request", /can’t be written/));
  await assert.rejects(radio.notify("180d/2a38", true), code("bad_request", /can’t be followed/));
  await assert.rejects(radio.read("180d/beef"), code("not_found", /has no 180d\/beef/));
  await assert.rejects(radio.write("fff0/fff4", new Uint8Array(513)), code("too_large", /512/));
  device.answers = false;
  for (const [name, want] of [["NotSupportedError", "bad_request"], ["SecurityError", "not_allowed"], ["NetworkError", "unavailable"], ["Odd", "failed"]] as const) {
    const write = radio.write("fff0/fff4", Uint8Array.of(1));
    await settle();
    device.got.at(-1)!.fail(name);
    await assert.rejects(write, code(want, /Lamp/));
  }
});

test("DEV-5: a device that leaves in the middle of a write fails it and all that waits, in words, and is called until it is back", async () => {
  const { radio, device, clock, reaches } = await start();
  device.answers = false;
  const first = radio.write("fff0/fff4", Uint8Array.of(1));
  const second = radio.write("fff0/fff4", Uint8Array.of(2));
  await settle();
  device.leave();
  await assert.rejects(first, code("unavailable", /out of reach/));
  await assert.rejects(second, code("unavailable", /out of reach/));
  await assert.rejects(radio.read("180d/2a38"), code("unavailable", /out of reach/));
  assert.deepEqual(reaches, ["here", "lost"]);
  await clock.pass(60_000);
  assert.equal(device.connections, 1);
  device.near = device.answers = true;
  await clock.pass(30_000);
  assert.deepEqual(reaches, ["here", "lost", "here"]);
  await radio.write("fff0/fff4", Uint8Array.of(3));
  assert.deepEqual(device.got.map((o) => o.value), [[1], [3]]); // the second never ran, nor does it later
});

test("what is followed is followed again after a loss, and told once", async () => {
  const { radio, device, clock, heard } = await start();
  await radio.notify("180d/2a37", true);
  await radio.notify("180d/2a37", true);
  device.tell("180d/2a37", 0, 60);
  device.leave();
  device.near = true;
  await clock.pass(1000);
  await settle();
  device.tell("180d/2a37", 0, 61);
  await radio.notify("180d/2a37", false);
  device.tell("180d/2a37", 0, 62);
  assert.deepEqual(heard, [["180d/2a37", [0, 60]], ["180d/2a37", [0, 61]]]);
});

test("a device that doesn't answer is given up, and the connection with it", async () => {
  const { radio, device, clock } = await start();
  device.answers = false;
  const write = radio.write("fff0/fff4", Uint8Array.of(1));
  const next = radio.write("fff0/fff4", Uint8Array.of(2));
  const failed = Promise.all([assert.rejects(write, code("unavailable", /out of reach/)), assert.rejects(next, code("unavailable", /out of reach/))]);
  await clock.pass(5_000);
  await failed;
  device.answers = true;
  await clock.pass(1_000);
  assert.equal(device.connections, 2);
  await radio.write("fff0/fff4", Uint8Array.of(3));
});

test("a device that can't be connected is told in words, and left alone", async () => {
  for (const near of [false, "hangs"] as const) {
    const device = new FakeDevice(services, "Lamp");
    device.near = near;
    const clock = new FakeClock();
    const radio = new Radio(device, clock);
    const failed = assert.rejects(radio.connect(), (e: Error) => /Lamp/.test(e.message));
    await clock.pass(20_000);
    await failed;
    assert.equal(radio.reach, "gone");
    device.near = true;
    await clock.pass(120_000);
    assert.equal(device.connections, 0);
  }
});

test("close ends all of it", async () => {
  const { radio, device, clock, heard } = await start();
  await radio.notify("180d/2a37", true);
  device.answers = false;
  const write = radio.write("fff0/fff4", Uint8Array.of(1));
  const failed = assert.rejects(write, code("unavailable", /not shared/));
  await settle();
  radio.close();
  await failed;
  await assert.rejects(radio.read("180d/2a38"), code("unavailable", /not shared/));
  await clock.pass(120_000);
  assert.equal(device.connections, 1);
  assert.equal(device.gatt.connected, false);
  assert.deepEqual(heard, []);
});

test("a device may have thousands of everything, and a name that hides things", async () => {
  const many = Array.from({ length: 200 }, (_, n) => ({ uuid: (0xa000 + n).toString(16), characteristics: Object.fromEntries(Array.from({ length: 50 }, (_, c) => [(0xb000 + c).toString(16), ["read"] as const])) }));
  const { radio } = await start(new FakeDevice(many, "<b>La\u202emp\u0000\n</b>" + "x".repeat(9999)));
  assert.equal(radio.services.length, 32);
  assert.equal(radio.services.flatMap((s) => s.characteristics).length, 128);
  assert.match(radio.name, /^<b>La mp <\/b>x+…$/);
  assert.ok([...radio.name].length <= 64);
});

test("a device without a name, or with a service that is empty, is one too", async () => {
  const { radio } = await start(new FakeDevice([{ uuid: "1234", characteristics: {} }], undefined));
  assert.deepEqual(radio.services, [{ uuid: "1234", characteristics: [] }]);
  assert.equal(new Radio(new FakeDevice([], "\u0007")).name, "A device without a name");
});
