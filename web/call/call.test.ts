import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Call, type CallOptions } from "./call.ts";
import { Fault, faultOf } from "./fault.ts";
import type { Local } from "./local.ts";
import { readOpened, readSignal, unpackSignal } from "./signal.ts";
import { FakeConnection } from "./testkit/connection.ts";
import { Server } from "./testkit/server.ts";
import { FakeTimers } from "./testkit/timers.ts";
import { initialsOf, nameOf, stateWords, tileWords } from "./words.ts";

Object.assign(globalThis, { document: Object.assign(new EventTarget(), { hidden: false, visibilityState: "visible" }) }); // node has none

/** FakeTrack is a track that can be unplugged. */
class FakeTrack extends EventTarget {
  stopped = false;
  constructor(readonly kind: "video" | "audio") { super(); }
  stop(): void { this.stopped = true; }
}

/** Devices gives fake tracks, or faults. */
class FakeLocal {
  tracks: FakeTrack[] = [];
  broken: { [source: string]: string } = {};
  private make(kind: "video" | "audio"): MediaStreamTrack {
    this.tracks.push(new FakeTrack(kind));
    return this.tracks.at(-1) as unknown as MediaStreamTrack;
  }
  async capture(source: "camera" | "mic"): Promise<MediaStreamTrack> {
    if (this.broken[source]) throw faultOf(source, { name: this.broken[source] });
    return this.make(source === "camera" ? "video" : "audio");
  }
  async both(): Promise<{ camera: MediaStreamTrack; mic: MediaStreamTrack }> {
    return { camera: await this.capture("camera"), mic: await this.capture("mic") };
  }
  async screen(): Promise<{ video: MediaStreamTrack; audio: MediaStreamTrack | undefined }> {
    if (this.broken["screen"]) throw faultOf("screen", { name: this.broken["screen"] });
    return { video: this.make("video"), audio: undefined };
  }
}

interface Scene {
  call: Call;
  server: Server;
  local: FakeLocal;
  faults: string[];
}

async function start(more: Partial<CallOptions> = {}): Promise<Scene> {
  FakeConnection.all = [];
  const [server, local, faults] = [new Server(), new FakeLocal(), [] as string[]];
  const call = new Call(server.lines, "meet:alice/standup/room", {
    name: "Alice", clock: { now: () => 1_000 }, timers: new FakeTimers(), local: local as unknown as Local, connect: (c) => new FakeConnection(c) as unknown as RTCPeerConnection, ...more,
  });
  calls.push(call);
  call.on("fault", (f) => faults.push(f instanceof Fault ? `${f.source} ${f.kind}` : f.code));
  await server.settle();
  FakeConnection.all.at(-1)!.turn("connected");
  return { call, server, local, faults };
}

const calls: Call[] = [];
afterEach(() => {
  for (const c of calls.splice(0)) c.close();
});

const off = (s: Scene): unknown => s.server.heard.filter((h) => h.t === "state").at(-1);

test("camera and microphone come with one question, and are switched off for everybody", async () => {
  const s = await start();
  await s.call.start(["camera", "mic"]);
  await s.server.settle();
  assert.deepEqual(s.call.sending.map((x) => x.source), ["camera", "mic"]);
  await s.call.camera(false);
  await s.server.settle();
  assert(s.local.tracks[0]!.stopped, "the camera's light is off");
  assert.deepEqual(off(s), { t: "state", off: ["camera"] });
  await s.call.camera(true);
  await s.server.settle();
  assert.deepEqual(off(s), { t: "state", off: [] });
});

test("CALL-4 without a camera one is still heard, and told why", async () => {
  const s = await start();
  s.local.broken["camera"] = "NotAllowedError";
  await s.call.start(["camera", "mic"]);
  assert.deepEqual(s.call.sending.map((x) => x.source), ["mic"]);
  assert.deepEqual(s.faults, ["camera denied"]);
  assert(!s.call.isOn("camera"));
  await assert.rejects(s.call.camera(true), (e: unknown) => e instanceof Fault && e.kind === "denied");
});

test("what is unplugged is off, and told", async () => {
  const s = await start();
  await s.call.mic(true);
  s.local.tracks[0]!.dispatchEvent(new Event("ended"));
  assert(!s.call.isOn("mic"));
  assert.deepEqual(s.faults, ["mic missing"]);
});

test("CALL-1 what we may no longer do is switched off", async () => {
  const s = await start();
  await s.call.start(["camera", "mic"]);
  await s.call.screen(true);
  s.server.say({ t: "may", may: ["act"] });
  await s.server.settle();
  assert.deepEqual(s.call.sending, []);
  assert(s.local.tracks.every((t) => t.stopped));
  await assert.rejects(s.call.mic(true), (e: unknown) => e instanceof Fault && e.kind === "forbidden");
  await assert.rejects(s.call.screen(true), (e: unknown) => e instanceof Fault && e.kind === "forbidden");
});

test("a screen that nobody wants to choose leaves nothing behind", async () => {
  const s = await start();
  s.local.broken["screen"] = "NotAllowedError";
  await assert.rejects(s.call.screen(true), (e: unknown) => e instanceof Fault && e.kind === "cancelled");
  assert(!s.call.isOn("screen"));
});

test("people who come and go are told once", async () => {
  const s = await start();
  const told: string[] = [];
  s.call.on("joined", (p) => told.push(`+${p.name}`));
  s.call.on("left", (p) => told.push(`-${p.name}`));
  const person = (member: string, name: string): object => ({ member, principal: `meet:${name}`, name, sources: [], since: 1 });
  for (const people of [[person("me", "Alice")], [person("me", "Alice"), person("b", "Bob")], [person("me", "Alice"), person("b", "Bob")], [person("me", "Alice")]]) s.server.say({ t: "people", people });
  await s.server.settle();
  assert.deepEqual(told, ["+Bob", "-Bob"]);
});

test("an action goes out with its moment, a device's with its command too", async () => {
  const given: unknown[] = [];
  const s = await start({ deviceDo: async (action, moment) => given.push(action, moment) });
  const moment = await s.call.act({ device: "bob/home/lamp", command: "on", args: [true] });
  await s.server.settle();
  const [act] = s.server.heard.filter((h) => h.t === "act");
  assert.equal(act?.t === "act" && act.action, moment.action);
  assert.deepEqual(given, [{ device: "bob/home/lamp", command: "on", args: [true] }, moment]);
  assert.equal(moment.room, "meet:alice/standup/room");
  s.server.cut();
  await assert.rejects(s.call.act(1), /not connected/);
});

test("CALL-1 a refusal is told apart from an end, and either lets go of everything", async () => {
  for (const [code, state] of [["not_allowed", "refused"], ["quota", "refused"], ["conflict", "refused"], ["not_found", "ended"]] as const) {
    const s = await start();
    await s.call.mic(true);
    s.server.end(code, "Because.");
    assert.equal(s.call.state, state, code);
    assert(s.local.tracks[0]!.stopped);
  }
});

test("signals of any shape are read, or passed over", () => {
  const odd: unknown[] = [null, 1, "x", [], {}, new Map(), { t: 1 }, { t: "offer" }, { t: "people", people: [1, { member: "" }, { member: "m", sources: [{ source: "x" }, 3] }] }, { t: "levels", levels: [1, ["a"], ["b", 5]] }, { t: "may", may: "all" }, { t: "mode", mode: "?" }, { t: "act", action: -1 }, { t: "offer", streams: { 0: 1, 1: { member: "m", source: "tv" } } }];
  for (const value of odd) {
    readSignal(value as never);
    readOpened(value as never);
  }
  assert.deepEqual(readSignal({ t: "levels", levels: [1, ["a"], ["b", 5]] } as never), { t: "levels", levels: [["a", 0], ["b", 5]], active: "" });
  assert.equal(unpackSignal(new Uint8Array([0xff, 1, 2])), undefined);
});

test("words", () => {
  assert.equal(nameOf({ name: "", principal: "meet:bob/home" }), "bob");
  assert.equal(initialsOf("Ada Maria Lovelace"), "AL");
  assert.equal(initialsOf(""), "?");
  assert.equal(tileWords("Bob", "camera", false, false, true), "Bob, camera off");
  assert.equal(stateWords("live", undefined, false), "");
  assert.match(stateWords("connecting", undefined, true), /blocking/);
});
