import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { encode, type Value } from "./cbor.ts";
import { WabError } from "./error.ts";
import { Interpreter } from "./interpreter.ts";
import { Methods, type Room } from "./methods.ts";
import type { Port } from "./protocol.ts";
import { type FromRoom, serveRoom, type ToRoom } from "./room.ts";
import { Session } from "./session.ts";
import { byCodePoint, Table } from "./table.ts";
import { MapServer, type ServedMap } from "./testkit/mapserver.ts";
import { token, World } from "./testkit/world.ts";

const module = new WebAssembly.Module(readFileSync(process.env["WAB_METHODS_WASM"]!));

Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

const def = (name: string, params: string, body: string): { [key: string]: string } => ({ [`\0${name}`]: `def ${name}(m${params}):\n    ${body}\n` });

function table(entries: { [key: string]: Value }): Table {
  const t = new Table();
  t.apply({ reset: true, part: false, batch: encode(entries) });
  return t;
}

const run = (entries: { [key: string]: Value }, method: string, ...args: Value[]): Value =>
  new Interpreter(module, table(entries)).call(method, encode(args), () => {});

const failing = (code: string, words: RegExp) => (e: unknown): boolean => e instanceof WabError && e.code === code && words.test(e.message);

test("MAP-7 a method reads the map, and nothing else", () => {
  const entries = { b: 2, a: [1.5, "é", null, { x: true }], "\u{10000}": 1, "\uffee": 2, ...def("label", ", key, suffix = ''", "return str(m.get(key, '?')) + suffix") };
  assert.equal(run(entries, "label", "b", "!"), "2!");
  assert.equal(run(entries, "label", "zz"), "?");
  assert.deepEqual(run({ ...entries, ...def("all", "", "return m.keys(), len(m), m['a'], m.call('label', 'b')") }, "all"), [["a", "b", "\uffee", "\u{10000}"], 4, entries.a, "2"]);
  assert.deepEqual(run({ ...Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`key ${i}`, i])), ...def("sum", "", "return len([k for k in m]), m['key 2999']") }, "sum"), [3000, 2999]);
});

test("MAP-7 what goes wrong has its code, its words and its place", () => {
  assert.throws(() => run({}, "label"), failing("not_found", /no method "label"/));
  assert.throws(() => run(def("f", "", "return 1 // 0"), "f"), failing("failed", /^f: line 2, column \d+: .*zero/));
  assert.throws(() => run({ "\0f": "def f(" }, "f"), failing("bad_request", /f: line/));
  assert.throws(() => run(def("f", "", "return [i for i in range(100000000)]"), "f"), failing("failed", /./));
  assert.throws(() => run(def("f", "", "return 'x' * 100000000"), "f"), failing("failed", /64 MiB/));
});

test("MAP-7 an instance that took too much is not used again", () => {
  const i = new Interpreter(module, table(def("f", "", "return len(['x' * 1000000 for i in range(200)])")));
  assert.throws(() => i.call("f", encode([]), () => {}), failing("failed", /64 MiB/));
  assert.ok(i.spent);
});

test("keys are in the order of their UTF-8", () => {
  const keys = ["", "a", "ab", "b", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"];
  const shuffled = [...keys].sort().reverse();
  assert.deepEqual(shuffled.sort(byCodePoint), keys);
  assert.deepEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))), keys);
});

const board = "counter:alice/home/board";

/** FakeRoom is a worker in this process. While it is asleep it doesn't answer. */
class FakeRoom implements Room {
  onmessage: ((e: MessageEvent) => void) | null = null;
  onerror: ((e: ErrorEvent) => void) | null = null;
  ended = false;
  asleep = false;
  readonly heard: ToRoom[] = [];
  private readonly port: Port = { onmessage: null, postMessage: (m) => this.say(m as FromRoom) };

  constructor(private readonly w: World, compiled = Promise.resolve(module)) {
    serveRoom(this.port, compiled);
  }

  say(m: FromRoom): void { this.w.later(() => this.ended || this.onmessage?.({ data: m } as MessageEvent)); }
  postMessage(m: ToRoom): void {
    this.heard.push(m);
    this.w.later(() => this.ended || this.asleep || this.port.onmessage?.({ data: m } as MessageEvent));
  }
  terminate(): void { this.ended = true; }
}

interface Ends {
  w: World;
  maps: MapServer;
  served: ServedMap;
  methods: Methods;
  rooms: FakeRoom[];
}

async function start(entries: { [key: string]: Value }, compiled?: Promise<WebAssembly.Module>): Promise<Ends> {
  const w = await World.start();
  const maps = new MapServer(w);
  const served = maps.map("counter:alice/home/board", entries);
  const page = w.page();
  const session = new Session(page.background, { target: { server: "https://wab.test", token: token("alice") }, app: "counter", ca: "home", session: "x", keep: 0 }, 1000);
  await w.settle();
  const rooms: FakeRoom[] = [];
  const spawn = async (): Promise<Room> => (rooms.push(new FakeRoom(w, compiled)), rooms.at(-1)!);
  return { w, maps, served, rooms, methods: new Methods(page.background, (session as unknown as { s: number }).s, board, spawn) };
}

test("MAP-7 calls see the map as it is then, in one worker that is made for the first", async () => {
  const { w, maps, served, methods, rooms } = await start({ a: 1, ...def("get", "", "return m['a']") });
  const first = [methods.call("get", []), methods.call("get", [])];
  await w.settle();
  assert.deepEqual(await Promise.all(first), [1, 1]);
  for (let a = 2; a < 5; a++) {
    maps.commit([served, { a }]);
    await w.settle();
    const call = methods.call("get", []);
    await w.settle();
    assert.equal(await call, a);
  }
  maps.commit([served, { ...def("get", "", "return 'other'") }]);
  await w.settle();
  const other = methods.call("get", []);
  await w.settle();
  assert.equal(await other, "other");
  assert.equal(rooms.length, 1);
  assert.equal(rooms[0]!.heard.filter((m) => m.t === "batch").length, 5, "the map goes there once, and changes after it");
});

test("MAP-7 a method that takes too long is ended with its worker; what waits goes on in another", async (t: TestContext) => {
  const { w, methods, rooms } = await start({ a: 1, ...def("get", "", "return m['a']") });
  const warm = methods.call("get", []);
  await w.settle();
  await warm;
  const timers: (() => void)[] = [];
  t.mock.method(globalThis, "setTimeout", (f: () => void) => timers.push(f));
  rooms[0]!.asleep = true;
  const [late, waits] = [methods.call("get", []), methods.call("get", [])];
  const check = assert.rejects(late, failing("deadline", /get ran out of time/));
  await w.settle();
  timers.at(-1)!();
  await check;
  await w.settle();
  assert.equal(await waits, 1);
  assert.deepEqual(rooms.map((r) => r.ended), [true, false]);
});

test("MAP-7 after a deadline the next call finds a new worker, with the map as it is then", async (t: TestContext) => {
  const { w, maps, served, methods, rooms } = await start({ a: 1, ...def("get", "", "return m['a']") });
  const warm = methods.call("get", []);
  await w.settle();
  await warm;
  const timers: (() => void)[] = [];
  const mocked = t.mock.method(globalThis, "setTimeout", (f: () => void) => timers.push(f));
  rooms[0]!.asleep = true;
  const late = assert.rejects(methods.call("get", []), failing("deadline", /get ran out of time/));
  await w.settle();
  timers.at(-1)!();
  await late;
  mocked.mock.restore();
  maps.commit([served, { a: 2 }]);
  rooms[0]!.say({ t: "result", result: "too late" });
  await w.settle();
  assert.equal(rooms.length, 1, "none is made before it is needed");
  const next = methods.call("get", []);
  await w.settle();
  assert.deepEqual([await next, rooms.length], [2, 2]);
});

test("MAP-7 a method sees nothing of a change that comes in slices before all of it is there", () => {
  const t = table({ a: 1, b: 1 });
  const step = (batch: Uint8Array, part: boolean): void => t.apply({ reset: false, part, batch });
  step(encode({ a: 2, c: 2 }), true);
  step(new Uint8Array([0xa0, ...encode(["b"])]), true);
  assert.deepEqual([t.keys(), t.get("a")], [["a", "b"], encode(1)]);
  step(encode({ d: 2 }), false);
  assert.deepEqual([t.keys(), t.get("a")], [["a", "c", "d"], encode(2)]);
  step(encode({ x: 1 }), true);
  t.drop();
  step(encode({ y: 1 }), false);
  assert.deepEqual(t.keys(), ["a", "c", "d", "y"]);
});

test("print goes to the console, with the map's and the method's name", async (t: TestContext) => {
  const { w, methods } = await start(def("f", "", "return [print('line', i) for i in range(100)]"));
  const info = t.mock.method(console, "info", () => {});
  const call = methods.call("f", []);
  await w.settle();
  await call;
  assert.equal(info.mock.callCount(), 64);
  assert.deepEqual(info.mock.calls[0]!.arguments, [`${board} f: line 0`]);
});

test("an interpreter that can't be loaded, a map that is refused, and arguments that can't be sent are told", async () => {
  const offline = Promise.reject(new Error("offline"));
  offline.catch(() => {});
  const broken = await start({ a: 1 }, offline);
  const check = assert.rejects(broken.methods.call("f", []), failing("unavailable", /loaded/));
  await broken.w.settle();
  await check;
  const { w, maps, methods, rooms } = await start({ a: 1 });
  await assert.rejects(methods.call("f", [() => 1]), failing("bad_request", /arguments of f/));
  maps.refused.set(board, ["not_allowed", "No."]);
  const refused = assert.rejects(methods.call("f", []), failing("not_allowed", /No/));
  await w.settle();
  await refused;
  assert.equal(rooms.at(-1)!.ended, true);
  const gone = methods.call("f", []);
  methods.end(new WabError("unavailable", "The map was closed."));
  await assert.rejects(gone, failing("unavailable", /closed/));
});
