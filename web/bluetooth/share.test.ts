/** Devices that are shared, on a fake of their CA. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { WabError } from "@wabgo/client";
import { share, type SharedDevice, type ShareOptions } from "./share.ts";
import { FakeCA } from "./testkit/ca.ts";
import { FakeClock, settle } from "./testkit/clock.ts";
import { FakeDevice } from "./testkit/radio.ts";
import { virtualHeart } from "./virtual-heart.ts";
import { virtualLamp } from "./virtual-lamp.ts";

const service = "8e7d0000-1f5a-4c7e-9b7c-77616c616d70";
const on = "8e7d0001-1f5a-4c7e-9b7c-77616c616d70";

async function start(options: Partial<ShareOptions> = {}): Promise<{ ca: FakeCA; clock: FakeClock; shared: SharedDevice; lamp: ReturnType<typeof virtualLamp> }> {
  const clock = new FakeClock();
  const ca = new FakeCA(() => clock.now);
  const lamp = virtualLamp("Lamp");
  const shared = await share(ca.handle, { name: "lamp", driver: lamp, ...options }, clock);
  await clock.pass(200);
  return { ca, clock, shared, lamp };
}

test("what a device is like stands in its map", async () => {
  const { ca } = await start({ title: "Desk\u202elamp" });
  assert.deepEqual(ca.reported.get("info"), { name: "Desk lamp", profile: "lamp", kind: "virtual", made: "Lamp" });
  assert.deepEqual(ca.reported.get("state"), { on: false, colour: "#ffb84d", brightness: 80, can: ["on", "colour", "brightness"] });
  assert.deepEqual(ca.reported.get(`value/${service}/${on}`), { hex: "00", text: "off", at: 1000 });
  assert.deepEqual((ca.reported.get("services") as { uuid: string }[]).map((s) => s.uuid), [service]);
  assert.equal(ca.reported.get("reach"), "here");
  assert.deepEqual(ca.shown, { device: "lamp", reach: "here" });
});

test("DEV-5: a device is nobody else's until it is shared, whatever was shared before", async () => {
  const { ca, shared } = await start();
  assert.deepEqual(ca.calls, [["DeviceRevoke", "lamp"]]);
  await shared.shareWith(["group:house:alice/standup/people"], ["read"]);
  assert.deepEqual(ca.calls.at(-1), ["DeviceShare", "lamp", { with: ["group:house:alice/standup/people"], may: ["read"] }]);
  await shared.shareWith([]);
  assert.deepEqual(ca.calls.at(-1), ["DeviceRevoke", "lamp"]);
  assert.equal(shared.sharing, undefined);
});

test("DEV-5: what the CA refuses to share isn't told to be shared", async () => {
  const { ca, shared, clock } = await start({ with: ["bob"] });
  ca.fails.set("DeviceShare", new WabError("bad_request", "x is nobody."));
  await assert.rejects(shared.shareWith(["x"]), /nobody/);
  await clock.pass(200);
  assert.deepEqual(shared.sharing?.with, ["bob"]);
  assert.deepEqual(ca.reported.get("shared"), { with: ["bob"], may: ["read", "write", "notify"] });
});

test("commands do what they say, and what they changed is told", async () => {
  const { ca, clock } = await start();
  await ca.run("on", true);
  await ca.run("colour", "#00ff00");
  await ca.run("write", service.toUpperCase(), on, "00");
  await clock.pass(200);
  assert.deepEqual(ca.reported.get("state"), { on: false, colour: "#00ff00", brightness: 80, can: ["on", "colour", "brightness"] });
  assert.deepEqual(ca.reported.get(`value/${service}/${on}`), { hex: "00", text: "off", at: 1000 });
});

test("DEV-5: hostile commands reach nothing that the device doesn't have", async () => {
  const { ca } = await start();
  for (const args of [["180d", "2a37"], ["__proto__", "constructor"], [service], [], [{}, []], [`${service}/${on}`, ""], ["x".repeat(100_000), "y"]]) {
    for (const command of ["read", "write", "notify"]) await assert.rejects(async () => ca.run(command, ...args, "00"), (e: WabError) => e.code === "not_found" && e.message.length < 400);
  }
  await assert.rejects(ca.run("write", service, on, "00".repeat(600)) as Promise<unknown>, { code: "too_large" });
  for (const command of ["constructor", "toString", "__proto__", "close"]) assert.equal(Object.hasOwn(ca.options!.commands!, command), false);
});

test("DEV-5: out of reach is shown to all, and a command fails in words", async () => {
  const { ca, clock, lamp } = await start();
  lamp.leave();
  await assert.rejects(ca.run("on", true), { code: "unavailable", message: /Lamp is out of reach/ });
  await clock.pass(200);
  assert.equal(ca.reported.get("reach"), "lost");
  assert.deepEqual(ca.shown, { device: "lamp", reach: "lost" });
  lamp.come();
  await ca.run("on", true);
  await clock.pass(200);
  assert.equal(ca.reported.get("reach"), "here");
  assert.equal((ca.reported.get("state") as { on: boolean }).on, true);
});

test("a device that tells a thousand times a second is passed on ten times", async () => {
  const { ca, clock, lamp } = await start();
  ca.reports.length = 0;
  for (let n = 0; n < 1000; n++) {
    lamp.put(`${service}/${on}`, Uint8Array.of(n & 1));
    await clock.pass(1);
  }
  const values = ca.reports.filter(([, key]) => key.startsWith("value/"));
  assert.ok(values.length <= 11 && values.length >= 9, `${values.length}`);
});

test("DEV-5: close takes everything back", async () => {
  const { ca, shared, lamp } = await start({ with: ["bob"] });
  await shared.close();
  assert.equal(ca.reported.size, 0);
  assert.deepEqual(ca.calls.at(-1), ["DeviceRevoke", "lamp"]);
  assert.deepEqual([ca.closed, lamp.reach, ca.shown], [1, "gone", undefined]);
  assert.equal(await shared.ended, undefined);
  await shared.close();
  assert.equal(ca.closed, 1);
});

test("DEV-5: it ends with the call", async () => {
  const call = new AbortController();
  const { ca, shared } = await start({ with: ["bob"], signal: call.signal });
  call.abort();
  assert.equal(await shared.ended, undefined);
  assert.equal(ca.reported.size, 0);
  await assert.rejects(start({ signal: AbortSignal.abort(new Error("over")) }), /over/);
});

test("DEV-5: a call that ends while a device is being shared leaves nothing of it, however far that was", async () => {
  for (const [step, opened] of [["connect", 0], ["map", 0], ["device", 1], ["call", 1], ["read", 1]] as const) {
    const call = new AbortController();
    const ca = new FakeCA();
    const lamp = virtualLamp();
    const last = (of: object): void => {
      const f = (of as Record<string, (...args: unknown[]) => Promise<unknown>>)[step]!.bind(of);
      Object.assign(of, {
        [step]: async (...args: unknown[]) => {
          const got = await f(...args);
          call.abort(new Error(`over at ${step}`));
          assert.equal(lamp.reach, "gone", `${step}: the device is let go of at once`);
          return got;
        },
      });
    };
    last(step in ca ? ca : lamp);
    await assert.rejects(share(ca.handle, { name: "lamp", driver: lamp, with: ["bob"], signal: call.signal }, new FakeClock()), { message: `over at ${step}` });
    assert.deepEqual([ca.closed, ca.reported.size, ca.shown], [opened, 0, undefined], step);
    if (opened) assert.deepEqual(ca.calls.at(-1), ["DeviceRevoke", "lamp"], step);
  }
});

test("another tab that takes the device over ends this one, with why", async () => {
  const { ca, shared, lamp } = await start();
  ca.takeOver(new WabError("conflict", "Another device called lamp has taken over."));
  assert.equal((await shared.ended)?.code, "conflict");
  assert.equal(lamp.reach, "gone");
  assert.ok(ca.reported.has("info"), "what stands there now is the other one's");
});

test("what an earlier one has left is taken away", async () => {
  const clock = new FakeClock();
  const ca = new FakeCA();
  ca.reported.set("value/180d/2a37", { hex: "0048" }).set("junk", 1).set("state", { bpm: 7 });
  await share(ca.handle, { name: "lamp", driver: virtualLamp() }, clock);
  await clock.pass(200);
  assert.deepEqual([ca.reported.has("value/180d/2a37"), ca.reported.has("junk")], [false, false]);
  assert.equal((ca.reported.get("state") as { on: boolean }).on, false);
});

test("what can't be shared leaves nothing behind", async () => {
  for (const broken of ["device", "DeviceRevoke"]) {
    const ca = new FakeCA();
    ca.fails.set(broken, new WabError("quota", "A CA has at most 64 devices."));
    const driver = virtualLamp();
    await assert.rejects(share(ca.handle, { name: "lamp", driver }, new FakeClock()), { code: "quota" });
    assert.equal(driver.reach, "gone");
  }
  await assert.rejects(share(new FakeCA().handle, { name: "lamp" }), { code: "bad_request" });
  const away = new FakeDevice([], "Away");
  away.near = false;
  await assert.rejects(share(new FakeCA().handle, { name: "lamp", device: away }, new FakeClock()), (e: Error) => /Away/.test(e.message));
});

test("a real device without a profile is one that can be read and written", async () => {
  const clock = new FakeClock();
  const ca = new FakeCA();
  const device = new FakeDevice([{ uuid: "180f", characteristics: { "2a19": ["read", "notify"] } }, { uuid: "abcd", characteristics: { "1234": ["write"] } }], "<img src=x onerror=alert(1)>");
  device.held.set("180f/2a19", Uint8Array.of(55));
  await share(ca.handle, { name: "thing", device }, clock);
  await clock.pass(200);
  await settle();
  await clock.pass(200);
  assert.deepEqual(ca.reported.get("info"), { name: "<img src=x onerror=alert(1)>", profile: "generic", kind: "bluetooth" });
  assert.equal((ca.reported.get("value/180f/2a19") as { text: string }).text, "55 %");
  await ca.run("write", "abcd", "1234", "de ad");
  assert.deepEqual(device.got.at(-1)!.value, [0xde, 0xad]);
});

test("DEV-4: the timeline of a call is the device's, from the beginning or later", async () => {
  const timeline = { when: () => () => undefined };
  assert.equal((await start({ timeline })).ca.timeline, timeline);
  const { ca, shared } = await start();
  assert.equal(ca.timeline, undefined);
  shared.timeline = timeline;
  assert.equal(ca.timeline, timeline);
});

test("a heart that beats is told as one", async () => {
  const clock = new FakeClock();
  const ca = new FakeCA();
  const shared = await share(ca.handle, { name: "heart", driver: virtualHeart("Heart", clock) }, clock);
  await clock.pass(3000);
  const state = ca.reported.get("state") as { bpm: number; battery: number };
  assert.ok(state.bpm > 40 && state.battery === 87);
  await shared.close();
});
