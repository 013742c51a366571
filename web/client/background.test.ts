import assert from "node:assert/strict";
import { test } from "node:test";
import { Background, type SessionMessage } from "./background.ts";
import type { FromWorker, Port, ToWorker } from "./protocol.ts";

Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

/** StubPort remembers what it was sent. */
class StubPort implements Port {
  onmessage: ((e: MessageEvent) => void) | null = null;
  readonly sent: ToWorker[] = [];
  postMessage(m: unknown): void { this.sent.push(m as ToWorker); }
  say(m: FromWorker): void { this.onmessage?.({ data: m } as MessageEvent); }
  get kinds(): string[] { return this.sent.map((m) => m.t); }
}

test("a page that may not hold locks gives signs of life instead", async () => {
  const { locks } = navigator, { setInterval } = globalThis;
  const beats: (() => void)[] = [];
  Object.assign(globalThis, { setInterval: (f: () => void) => beats.push(f) });
  const ports = [undefined, { request: () => Promise.reject(new DOMException("an opaque origin", "SecurityError")) }].map((refusing) => {
    Object.assign(navigator, { locks: refusing });
    const port = new StubPort();
    new Background([() => port]);
    port.say({ t: "ready", lock: "" });
    return port;
  });
  Object.assign(navigator, { locks });
  await new Promise((r) => setImmediate(r));
  Object.assign(globalThis, { setInterval });
  for (const beat of beats) beat();
  for (const port of ports) {
    assert.deepEqual(port.kinds, ["hello", "beat"]);
    assert.deepEqual(port.sent[0], { t: "hello", lock: "" });
  }
});

test("messages wait for the worker's first sign of life, and then go in order", () => {
  const port = new StubPort();
  const b = new Background([() => port]);
  b.post({ t: "close", s: 1 });
  assert.deepEqual(port.kinds, []);
  port.say({ t: "ready", lock: "" });
  b.post({ t: "beat" });
  assert.deepEqual(port.kinds, ["hello", "close", "beat"]);
});

test("a candidate that throws or fails before it answers is replaced; one that fails later is not", () => {
  const ports = [new StubPort(), new StubPort()];
  const fail: (() => void)[] = [];
  const b = new Background([
    () => { throw new Error("SharedWorker is forbidden here"); },
    ...ports.map((p) => (failed: () => void) => (fail.push(failed), p)),
  ]);
  b.post({ t: "beat" });
  fail[0]!();
  fail[0]!();
  assert.equal(fail.length, 2);
  ports[0]!.say({ t: "ready", lock: "" });
  assert.deepEqual(ports[0]!.kinds, [], "a candidate that was given up is not heard");
  ports[1]!.say({ t: "ready", lock: "" });
  fail[1]!();
  assert.deepEqual(ports[1]!.kinds, ["hello", "beat"]);
});

test("a worker that ends without a word is noticed by its lock, and every session is told once", () => {
  const { locks } = navigator;
  const fallen = new Map<string, () => void>();
  Object.assign(navigator, { locks: { request: (name: string, f: () => void) => (fallen.set(name, f), Promise.resolve()) } });
  const port = new StubPort();
  const b = new Background([() => port]);
  const got: SessionMessage[] = [];
  b.join((m) => got.push(m));
  port.say({ t: "ready", lock: "wab worker x" });
  Object.assign(navigator, { locks });
  assert.equal(got.length, 0);
  fallen.get("wab worker x")!();
  port.say({ t: "broken", message: "late" });
  assert.equal(got.length, 1);
  assert.ok(got[0]!.t === "status" && got[0]!.status.state === "refused" && got[0]!.status.reason!.message.includes("Reload"));
});

test("where no worker can be had, every session is refused with what to do, later ones too", async () => {
  const b = new Background([() => { throw new Error(); }]);
  const got: SessionMessage[] = [];
  b.join((m) => got.push(m));
  await Promise.resolve();
  assert.equal(got.length, 1);
  assert.ok(got[0]!.t === "status" && got[0]!.status.reason!.message.includes("Reload"));
});

test("messages reach the session that they are for, and none that has left", () => {
  const port = new StubPort();
  const b = new Background([() => port]);
  const got: string[] = [];
  const one = b.join((m) => got.push(`one ${m.t}`));
  const two = b.join((m) => got.push(`two ${m.t}`));
  const note = (s: number): FromWorker => ({ t: "note", s, seq: 1, dropped: 0, value: new Uint8Array() });
  b.leave(one);
  for (const s of [one, two, 99]) port.say(note(s));
  port.say({ t: "broken", message: "crashed" });
  assert.deepEqual(got, ["two note", "two status"]);
});
