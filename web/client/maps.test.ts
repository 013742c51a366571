import { IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, type Step } from "./cache.ts";
import { encode, type Value } from "./cbor.ts";
import { WabError } from "./error.ts";
import { type Change, mapName, SharedMap } from "./map.ts";
import { Session } from "./session.ts";
import { MapServer } from "./testkit/mapserver.ts";
import { Disk, type Page, token, World } from "./testkit/world.ts";

const server = "https://wab.test";
const board = "counter:alice/home/board";

Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

/** Frames come when the test says so. */
const frames = new Map<number, () => void>();
let lastFrame = 0;
Object.assign(globalThis, {
  requestAnimationFrame: (f: () => void) => (frames.set(++lastFrame, f), lastFrame),
  cancelAnimationFrame: (id: number) => frames.delete(id),
});

function nextFrame(): void {
  const all = [...frames.values()];
  frames.clear();
  for (const f of all) f();
}

function session(page: Page, options: { token?: string } = {}): Session {
  return new Session(page.background, { target: { server, token: options.token ?? token("alice") }, app: "counter", ca: "home", session: "tab-1", keep: 0 }, 30_000);
}

/** Ends of a World: its map server, and a session that is live. */
async function start(disk?: Disk): Promise<{ w: World; maps: MapServer; ca: Session }> {
  const w = await World.start(disk);
  const maps = new MapServer(w);
  const ca = session(w.page());
  await w.settle();
  return { w, maps, ca };
}

/** settled is a promise's value once the world has come to rest. */
async function settled<T>(w: World, p: Promise<T>): Promise<T> {
  p.catch(() => {});
  await w.settle();
  return p;
}

const rejects = (p: Promise<unknown>, code: string): Promise<void> => assert.rejects(p, (e: unknown) => e instanceof WabError && e.code === code);

const contents = (m: SharedMap<any>): object => Object.fromEntries(m);

/** changesOf collects what a listener hears. */
function changesOf(m: SharedMap): Change[] {
  const got: Change[] = [];
  m.on("change", (c) => got.push(c));
  return got;
}

test("a map comes in parts, is shown whole, and follows what happens", async () => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { a: 1, b: { x: [1.5, "é"] }, c: new Uint8Array([1]), d: null, e: "five" });
  const m = await settled(w, ca.map("board"));
  assert.deepEqual([m.name, m.state, m.epoch, m.version, m.size], [board, "live", 7, 1, 5]);
  assert.deepEqual(contents(m), served.entries);
  maps.commit([served, { a: 2, f: true }, ["b", "nothing"]]);
  await w.settle();
  assert.deepEqual(contents(m), served.entries);
  assert.deepEqual([m.version, m.get("a"), m.has("b"), m.get("b"), [...m.keys()].sort()], [2, 2, false, undefined, ["a", "c", "d", "e", "f"]]);
  const each: unknown[] = [];
  m.forEach((v, k, of) => each.push([k, v, of === m]));
  assert.deepEqual(each, [...m.entries()].map(([k, v]) => [k, v, true]));
  assert.deepEqual([...m.values()], [...m].map(([, v]) => v));
});

test("MAP-9 a map that does not exist reads as empty, and comes alive when it is made", async () => {
  const { w, maps, ca } = await start();
  const m = await settled(w, ca.map("board"));
  assert.deepEqual([m.state, m.size, m.version], ["live", 0, 0]);
  const served = maps.map(board, {});
  Object.assign(served, { id: 1000 });
  maps.commit([served, { a: 1 }]);
  await w.settle();
  assert.deepEqual([contents(m), m.epoch, m.version], [{ a: 1 }, 7, 1]);
});

test("MAP-2 maps that changed together are changed before any listener hears of it", async () => {
  const { w, maps, ca } = await start();
  const one = maps.map(board, { n: 0 }), two = maps.map("counter:alice/home/list", { n: 0 });
  const [a, b] = await settled(w, Promise.all([ca.map<number>("board"), ca.map<number>("list")]));
  const seen: unknown[] = [];
  for (const m of [a, b]) m.on("change", () => seen.push([a.get("n"), b.get("n")]));
  for (let n = 1; n <= 3; n++) {
    maps.commit([one, { n }], [two, { n }]);
    await w.settle();
    assert.deepEqual([a.get("n"), b.get("n")], [n, n]);
  }
  assert.deepEqual(seen, []);
  nextFrame();
  assert.deepEqual(seen, [[3, 3], [3, 3]]);
});

test("MAP-2 large changes come to the page in slices, and are shown together", async () => {
  const { w, maps, ca } = await start();
  maps.part = 100_000;
  const entries = (n: number, more: string): { [key: string]: Value } => Object.fromEntries(Array.from({ length: n }, (_, i) => [`key ${i}`, `${more} ${i}`]));
  const one = maps.map(board, entries(20_000, "one")), two = maps.map("counter:alice/home/list", { n: 0 });
  const page = w.page(), other = session(page);
  await w.settle();
  const sizes: number[] = [], port = page.port.onmessage!;
  let a: SharedMap | undefined, b: SharedMap | undefined;
  page.port.onmessage = (e) => {
    const before = JSON.stringify([a?.version, b?.version]);
    sizes.push(bytesIn(e.data));
    port(e);
    const now = [a?.version, b?.version];
    assert.ok(JSON.stringify(now) === before || now[0] === now[1] || !b, `half a transaction: ${JSON.stringify(now)}`);
    for (const [m, from] of [[a, one], [b, two]] as const) if (m?.version === from.version && m.version > 1) assert.equal(m.size, Object.keys(from.entries).length);
  };
  await settled(w, ca.map("board"));
  a = await settled(w, other.map("board"));
  b = await settled(w, other.map("list"));
  const heard = changesOf(a);
  const keys = Object.keys(one.entries);
  maps.commit([one, entries(10_000, "two"), keys.slice(10_000)], [two, entries(15_000, "list")]);
  await w.settle();
  nextFrame();
  assert.deepEqual([contents(a), contents(b)], [one.entries, two.entries]);
  assert.deepEqual(heard.map((c) => [c.set.size, c.deleted.length, c.reset]), [[10_000, 10_000, false]]);
  assert.ok(Math.max(...sizes) < 140_000 && sizes.length > 10, `messages of ${sizes.join(" ")} bytes`);
});

/** bytesIn are those of a message's batches. */
function bytesIn(m: { t: string; of?: unknown[]; batch?: Uint8Array }): number {
  return m.of ? m.of.reduce<number>((n, x) => n + bytesIn(x as typeof m), 0) : (m.batch?.length ?? 0);
}

test("what happens within a frame is one change, which makes the new content of the old", async () => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { a: 1, b: 1 });
  const m = await settled(w, ca.map("board"));
  const got = changesOf(m);
  maps.commit([served, { a: 2, c: 1 }, ["b"]]);
  maps.commit([served, { b: 3 }, ["c"]]);
  maps.commit([served, { d: 4 }, ["a"]]);
  await w.settle();
  nextFrame();
  assert.deepEqual(got, [{ set: new Map<string, unknown>([["b", 3], ["d", 4]]), deleted: ["c", "a"], reset: false, version: 4 }]);
  nextFrame();
  assert.equal(got.length, 1);
});

test("a hidden tab hears of changes without frames", async () => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  const got = changesOf(m);
  const { setTimeout } = globalThis;
  const timers: [() => void, number][] = [];
  Object.assign(globalThis, { setTimeout: (f: () => void, ms: number) => timers.push([f, ms]) });
  maps.commit([served, { a: 2 }]);
  await w.settle();
  Object.assign(globalThis, { setTimeout });
  assert.deepEqual([got.length, timers.map(([, ms]) => ms)], [0, [100]]);
  timers[0]![0]();
  assert.equal(got.length, 1);
  assert.equal(frames.size, 0);
});

test("a listener that throws keeps the others from nothing", async (t) => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  m.on("change", () => { throw new Error("the page's own"); });
  const got = changesOf(m);
  maps.commit([served, { a: 2 }]);
  await w.settle();
  const rethrown = t.mock.method(globalThis, "queueMicrotask", () => {});
  nextFrame();
  assert.equal(got.length, 1);
  assert.throws(() => rethrown.mock.calls[0]!.arguments[0]!(), /the page's own/);
});

test("MAP-8 a worker's tabs share one replica, and a later tab has all of it at once", async () => {
  const { w, maps, ca } = await start();
  const entries = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key ${i}`, { n: i, text: "x".repeat(1000) }]));
  maps.part = 100;
  const served = maps.map(board, entries);
  const a = await settled(w, ca.map("board"));
  const heard = changesOf(a);
  const other = session(w.page());
  await w.settle();
  maps.silent = true;
  const b = await settled(w, other.map("board"));
  nextFrame();
  assert.deepEqual(heard, [], "and the earlier one is not told again");
  assert.deepEqual(contents(b), entries);
  assert.deepEqual([b.state, b.version, w.sockets.length, w.socket.of(64).length], ["live", 1, 1, 1]);
  maps.commit([served, { "key 0": 0 }]);
  await w.settle();
  assert.deepEqual([a.get("key 0"), b.get("key 0")], [0, 0]);
  a.close();
  await w.pass(60_000);
  maps.commit([served, { "key 0": 1 }]);
  await w.settle();
  assert.deepEqual([a.size, a.state, b.get("key 0"), w.socket.of(65).length], [0, "ended", 1, 0]);
  b.close();
  await w.pass(31_000);
  assert.equal(w.socket.of(65).length, 1, "and it ends when nobody looks at it for a while");
});

test("MAP-4 MAP-6 offline it shows what it has, and goes on from there", async () => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { a: 1, b: 2 });
  const m = await settled(w, ca.map("board"));
  const states: string[] = [];
  m.on("state", ({ state }) => states.push(state));
  w.socket.cut();
  await w.settle();
  assert.deepEqual([m.state, contents(m)], ["stale", { a: 1, b: 2 }]);
  served.change({ a: 5 }, ["b"]);
  await w.pass(3000);
  assert.deepEqual(w.socket.of(64).map((f) => f.slice(2)), [[board, 7, 1]]);
  assert.deepEqual([m.state, contents(m), m.version], ["live", { a: 5 }, 2]);
  assert.deepEqual(states, ["live", "stale", "live"]);
});

test("MAP-4 a map that was made anew replaces the old content whole", async () => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { a: 1, b: 2 });
  const m = await settled(w, ca.map("board"));
  const got = changesOf(m);
  w.socket.cut();
  served.epoch = 8;
  served.entries = { b: 3, c: 4, d: 5 };
  await w.pass(3000);
  nextFrame();
  assert.deepEqual([m.epoch, contents(m)], [8, { b: 3, c: 4, d: 5 }]);
  assert.deepEqual(got.map((c) => ({ ...c, set: Object.fromEntries(c.set) })), [{ set: { b: 3, c: 4, d: 5 }, deleted: ["a"], reset: true, version: 1 }]);
});

test("a snapshot that is cut off halfway shows nothing of itself", async () => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  maps.silent = true;
  w.socket.cut();
  await w.pass(3000);
  const sub = w.socket.of(64)[0]![1]!;
  w.socket.reply(80, sub, 1, 5, 9, 9, 0, true);
  w.socket.reply(81, sub, 9, 9, false, { half: true });
  await w.settle();
  const late = session(w.page());
  await w.settle();
  const b = await settled(w, late.map("board"));
  assert.deepEqual([contents(m), contents(b), m.epoch, b.epoch], [{ a: 1 }, { a: 1 }, 7, 7]);
  w.socket.reply(81, sub, 9, 9, true, { whole: true });
  await w.settle();
  assert.deepEqual([contents(m), contents(b), b.state], [{ half: true, whole: true }, { half: true, whole: true }, "live"]);
  assert.deepEqual(served.entries, { a: 1 });
});

test("MAP-10 a refused map rejects; one that is revoked is emptied and says why", async () => {
  const { w, maps, ca } = await start();
  maps.refused.set(board, ["not_allowed", "Ask alice."]);
  const refused = ca.map("board");
  const check = assert.rejects(refused, { name: "WabError", code: "not_allowed", message: "Ask alice." });
  await w.settle();
  await check;
  maps.refused.clear();
  maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  const got = changesOf(m);
  w.socket.reply(83, w.socket.of(64)[1]![1]!, "not_allowed", "Alice has changed her mind.", 0);
  await w.settle();
  nextFrame();
  assert.deepEqual([m.status, m.size], [{ state: "ended", reason: { code: "not_allowed", message: "Alice has changed her mind." } }, 0]);
  assert.deepEqual(got.map((c) => [c.reset, c.deleted, c.set.size]), [[true, ["a"], 0]]);
  const again = await settled(w, ca.map("board"));
  assert.deepEqual([again.state, contents(again)], ["live", { a: 1 }]);
});

test("a map that the server can't give just now stays, and says what is in the way", async () => {
  const { w, maps, ca } = await start();
  maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  w.socket.reply(83, w.socket.of(64)[0]![1]!, "unavailable", "The CA is moving.", 1000);
  await w.settle();
  assert.deepEqual([m.status, contents(m)], [{ state: "stale", reason: { code: "unavailable", message: "The CA is moving." } }, { a: 1 }]);
  await w.pass(2000);
  assert.deepEqual(m.status, { state: "live" });
});

test("methods are part of the content, and no data", async () => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { "\0label": "def label(m): return 1", a: 1 });
  const m = await settled(w, ca.map("board"));
  const got = changesOf(m);
  maps.commit([served, { "\0label": "def label(m): return 2" }]);
  await w.settle();
  nextFrame();
  assert.deepEqual([contents(m), m.size, m.has("\0label"), got], [{ a: 1 }, 1, false, []]);
  maps.commit([served, {}, ["\0label"]]);
  await w.settle();
  assert.equal(m.version, 3);
});

test("closing a session closes its maps; a session that has ended gives none", async () => {
  const { w, maps, ca } = await start();
  maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  ca.close();
  assert.equal(m.state, "ended");
  await rejects(ca.map("board"), "bad_request");
  const other = session(w.page());
  await w.settle();
  w.socket.reply(35, w.socket.of(2)[1]![1]!, 0, "conflict", "Opened elsewhere.", 0);
  const late = other.map("board"); // it has not heard yet
  const check = rejects(late, "unavailable");
  await w.settle();
  await check;
  await rejects(other.map("board"), "conflict");
});

test("BUS-6 a frame sees maps with its own token", async () => {
  const { w, maps, ca } = await start();
  maps.map(board, { a: 1 });
  await settled(w, ca.map("board"));
  const frame = session(w.page({ server, token: token("alice", { app: "counter", methods: ["board"] }) }));
  await w.settle();
  const m = await settled(w, frame.map("board"));
  assert.deepEqual([contents(m), w.sockets.length, w.sockets.map((s) => s.of(64).length)], [{ a: 1 }, 2, [1, 1]]);
});

test("short names are completed", () => {
  for (const name of ["board", "home/board", "alice/home/board", board]) assert.equal(mapName("counter:alice/home", name), board);
  assert.equal(mapName("counter:alice/home", "bob/home/board"), "counter:bob/home/board");
});

test("a worker that crashes takes its maps along, and says so", async () => {
  const { w, maps, ca } = await start();
  maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  w.host.crashed();
  await w.settle();
  assert.deepEqual([m.status.reason?.code, m.size], ["internal", 0]);
});

// What is kept.

test("MAP-6 a worker that starts again shows what it kept at once, and fetches what is new only", async () => {
  const disk = new Disk();
  const first = await start(disk);
  const served = first.maps.map(board, { a: 1, b: 2, "\0label": "def label(m): return 1" });
  await settled(first.w, first.ca.map("board"));
  await first.w.pass(1000);
  first.maps.commit([served, { c: 3 }, ["a"]]);
  first.maps.commit([served, { d: 4 }]);
  await first.w.pass(1000);
  disk.fall();

  const { w, maps, ca } = await start(disk);
  maps.maps.set(board, served);
  maps.silent = true;
  const m = await settled(w, ca.map("board"));
  assert.deepEqual([m.state, contents(m), m.version], ["stale", { b: 2, c: 3, d: 4 }, 3]);
  served.change({ e: 5 });
  maps.silent = false;
  w.socket.cut();
  await w.pass(3000);
  assert.deepEqual(w.socket.of(64)[0]!.slice(3), [7, 3]);
  assert.deepEqual([m.state, contents(m)], ["live", { b: 2, c: 3, d: 4, e: 5 }]);
});

test("without a network the kept content is shown", async () => {
  const disk = new Disk();
  const first = await start(disk);
  first.maps.map(board, { a: 1 });
  await settled(first.w, first.ca.map("board"));
  await first.w.pass(1000);
  const w = await World.start(disk);
  w.dial = () => { throw new Error("no network"); };
  const ca = session(w.page());
  await w.settle();
  const m = await settled(w, ca.map("board"));
  await w.pass(1);
  assert.deepEqual([ca.status.state, m.state, contents(m)], ["offline", "stale", { a: 1 }]);
});

const kept = async (disk: Disk): Promise<string[]> => (await disk.idb!.databases!()).map((d) => d.name!);

test("signing out erases what was kept of the owner, and of nobody else", async () => {
  const disk = new Disk();
  const { w, maps, ca } = await start(disk);
  maps.map(board, { a: 1 });
  const page = w.page();
  const [narrow, bob] = [session(page, { token: token("alice", { methods: ["board"] }) }), session(page, { token: token("bob") })];
  await w.settle();
  const all = await settled(w, Promise.all([ca, narrow, bob].map((s) => s.map(board))));
  await w.pass(1000);
  assert.equal((await kept(disk)).length, 3);
  page.background.post({ t: "forget", server, owner: "alice" });
  await w.settle();
  assert.deepEqual(all.map((m) => [m.state, m.size]), [["ended", 0], ["ended", 0], ["live", 1]]);
  assert.deepEqual((await kept(disk)).map((n) => n.includes('"bob"')), [true]);
});

test("signing out erases what an earlier worker kept", async () => {
  const disk = new Disk();
  const first = await start(disk);
  first.maps.map(board, { a: 1 });
  await settled(first.w, first.ca.map("board"));
  await first.w.pass(1000);
  first.ca.close();
  const w = await World.start(disk);
  w.page().background.post({ t: "forget", server, owner: "alice" });
  await w.settle();
  assert.deepEqual(await kept(disk), []);
});

test("a refused token ends maps, and what was kept for it is erased; a newer one begins anew", async () => {
  const disk = new Disk();
  const { w, maps } = await start(disk);
  const page = w.page();
  const ca = session(page);
  await w.settle();
  maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  await w.pass(1000);
  assert.equal((await kept(disk)).length, 1);
  w.socket.reply(38, "unauthenticated", "Your token was revoked.", -1);
  await w.pass(100);
  assert.deepEqual([m.status.reason?.message, m.size, await kept(disk)], ["Your token was revoked.", 0, []]);
  page.background.post({ t: "token", target: { server, token: token("alice", { iat: 2 }) } });
  await w.pass(1000);
  const again = await settled(w, ca.map("board"));
  await w.pass(1000);
  assert.deepEqual([again.state, contents(again), (await kept(disk)).length], ["live", { a: 1 }, 1]);
});

test("a map that is opened again right after its end begins anew", async () => {
  const { w, maps } = await start();
  const page = w.page(), ca = session(page);
  await w.settle();
  const served = maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  let opening: Promise<SharedMap> | undefined;
  m.on("state", ({ state }) => {
    if (state !== "ended") return;
    page.background.post({ t: "token", target: { server, token: token("alice", { iat: 2 }) } });
    opening = SharedMap.open(page.background, 1, board); // before any time has passed
  });
  w.socket.reply(38, "unauthenticated", "Your token was revoked.", -1);
  await w.pass(3000);
  const again = await settled(w, opening!);
  maps.commit([served, { b: 2 }]);
  await w.settle();
  assert.deepEqual([again.state, contents(again), w.socket.of(64).map((f) => f.slice(3))], ["live", { a: 1, b: 2 }, [[0, 0]]]);
});

test("signing out while a snapshot streams ends the map, and nothing of it stays", async () => {
  const disk = new Disk();
  const { w, maps, ca } = await start(disk);
  maps.silent = true;
  const opening = ca.map("board");
  const check = rejects(opening, "unauthenticated");
  await w.settle();
  const sub = w.socket.of(64)[0]![1]!;
  w.socket.reply(80, sub, 1, 5, 9, 9, 0, true);
  w.socket.reply(81, sub, 9, 9, false, { half: true });
  await w.settle();
  w.page().background.post({ t: "forget", server, owner: "alice" });
  await w.settle();
  w.socket.reply(81, sub, 9, 9, true, { whole: true });
  await w.pass(5000);
  await check;
  assert.deepEqual(await kept(disk), []);
});

for (const [what, store, value] of [
  ["rows of another kind", "rows", "nonsense"],
  ["rows without bytes", "rows", [null]],
  ["no rows", "rows", undefined],
  ["a head of another kind", "heads", 5],
  ["a head without numbers", "heads", { epoch: "7", version: {}, next: 1, base: 1, size: 1 }],
  ["a head with impossible numbers", "heads", { epoch: -1, version: 0.5, next: 1, base: 1, size: 1 }],
] as const) {
  test(`a cache that holds ${what} is as good as none`, async () => {
    const disk = new Disk();
    const first = await start(disk);
    const served = first.maps.map(board, { a: 1 });
    await settled(first.w, first.ca.map("board"));
    await first.w.pass(1000);
    disk.fall();
    const db = await new Promise<IDBDatabase>(async (resolve) => {
      const r = disk.idb!.open((await kept(disk))[0]!);
      r.onsuccess = () => resolve(r.result);
    });
    await new Promise((resolve) => {
      const tx = db.transaction(store, "readwrite"), key = store === "rows" ? [board, 0] : board;
      if (value === undefined) tx.objectStore(store).delete(key);
      else tx.objectStore(store).put(value, key);
      tx.oncomplete = resolve;
    });
    db.close();
    const next = await start(disk);
    next.maps.maps.set(board, served);
    const opening = next.ca.map("board");
    await next.w.pass(3000);
    const m = await settled(next.w, opening);
    next.maps.commit([served, { b: 2 }]);
    await next.w.pass(1000);
    assert.deepEqual([m.state, contents(m)], ["live", { a: 1, b: 2 }]);
    disk.fall();
    const third = await start(disk);
    third.maps.silent = true;
    const again = await settled(third.w, third.ca.map("board"));
    assert.deepEqual(contents(again), { a: 1, b: 2 });
  });
}

test("a map that three tabs have opened and two have closed goes on for the third, with what it shows", async () => {
  const { w, maps, ca } = await start();
  const served = maps.map(board, { a: 1 });
  maps.echoes = true;
  const pages = [w.page(), w.page()], others = pages.map((p) => session(p));
  await w.settle();
  const all = await settled(w, Promise.all([ca, ...others].map((s) => s.map("board"))));
  all.forEach((m, i) => m.presence.set(i));
  await w.pass(100);
  all[0]!.close();
  pages[0]!.background.post({ t: "bye" });
  await w.pass(120_000);
  maps.commit([served, { a: 2 }]);
  await w.settle();
  assert.deepEqual([all[2]!.state, contents(all[2]!), w.socket.of(65), w.sockets.length], ["live", { a: 2 }, [], 1]);
  assert.deepEqual(w.socket.of(66).slice(-2).map((f) => f[2]), [null, null]);
});

test("a revoked map is erased, the others stay", async () => {
  const disk = new Disk();
  const { w, maps, ca } = await start(disk);
  maps.map(board, { a: 1 });
  maps.map("counter:alice/home/list", { b: 2 });
  await settled(w, Promise.all([ca.map("board"), ca.map("list")]));
  await w.pass(1000);
  w.socket.reply(83, w.socket.of(64)[0]![1]!, "not_allowed", "No more.", 0);
  await w.settle();
  disk.fall();
  const next = await start(disk);
  next.maps.silent = true;
  let board0: SharedMap | undefined;
  void next.ca.map("board").then((m) => (board0 = m));
  const list = await settled(next.w, next.ca.map("list"));
  assert.deepEqual([board0, contents(list), next.w.socket.of(64).map((f) => f.slice(3))], [undefined, { b: 2 }, [[0, 0], [7, 1]]]);
});

test("without IndexedDB, or with one that throws, hangs or is full, maps work all the same", async (t) => {
  const never = (): Promise<never> => new Promise(() => {});
  const broken: [string, IDBFactory | undefined][] = [
    ["none", undefined],
    ["throwing", { open: () => { throw new DOMException("no", "SecurityError"); }, deleteDatabase: () => { throw new Error(); }, databases: never } as unknown as IDBFactory],
    ["hanging", { open: () => ({}), deleteDatabase: () => ({}), databases: never } as unknown as IDBFactory],
    ["full", new Disk().idb],
  ];
  for (const [name, factory] of broken) {
    await t.test(name, async (t) => {
      if (name === "full") t.mock.method(FDBObjectStore.prototype, "put", () => { throw new DOMException("no room", "QuotaExceededError"); });
      const disk = new Disk();
      disk.idb = factory;
      const w = await World.start(disk);
      const maps = new MapServer(w);
      const served = maps.map(board, { a: 1 });
      const ca = session(w.page());
      await w.settle();
      const opening = ca.map("board");
      await w.pass(2100);
      const m = await settled(w, opening);
      for (let n = 2; n < 5; n++) {
        maps.commit([served, { a: n }]);
        await w.pass(1000);
        assert.deepEqual([contents(m), m.state], [{ a: n }, "live"]);
      }
    });
  }
});

test("what is kept is nonsense: the server is asked for all of it", async () => {
  const disk = new Disk();
  const first = await start(disk);
  const served = first.maps.map(board, { a: 1 });
  await settled(first.w, first.ca.map("board"));
  await first.w.pass(1000);
  disk.fall();
  const db = await new Promise<IDBDatabase>(async (resolve) => {
    const r = disk.idb!.open((await kept(disk))[0]!);
    r.onsuccess = () => resolve(r.result);
  });
  await new Promise((resolve) => {
    const tx = db.transaction("rows", "readwrite");
    tx.objectStore("rows").put([new Uint8Array([0xff, 0x00, 0x61])], [board, 0]);
    tx.oncomplete = resolve;
  });
  const next = await start(disk);
  next.maps.maps.set(board, served);
  const m = await settled(next.w, next.ca.map("board"));
  assert.deepEqual([contents(m), next.w.socket.of(64)[0]!.slice(3)], [{ a: 1 }, [0, 0]]);
});

test("one worker writes; another reads, and goes on writing when the first has ended", async () => {
  const disk = new Disk();
  const [one, two] = [await start(disk), await start(disk)];
  const served = one.maps.map(board, { a: 1 });
  two.maps.maps.set(board, served);
  await settled(one.w, one.ca.map("board"));
  await one.w.pass(1000);
  await settled(two.w, two.ca.map("board"));
  two.maps.commit([served, { a: 2 }]);
  await two.w.pass(1000);
  disk.fall();
  two.maps.commit([served, { b: 3 }]);
  await two.w.pass(1000);
  const three = await start(disk);
  three.maps.silent = true;
  const m = await settled(three.w, three.ca.map("board"));
  assert.deepEqual([contents(m), m.version], [{ a: 2, b: 3 }, 3]);
});

test("nothing of a snapshot that was cut off is kept", async () => {
  const disk = new Disk();
  const { w, maps, ca } = await start(disk);
  const served = maps.map(board, { a: 1 });
  await settled(w, ca.map("board"));
  await w.pass(1000);
  const sub = w.socket.of(64)[0]![1]!;
  w.socket.reply(80, sub, 1, 5, 9, 9, 0, true);
  w.socket.reply(81, sub, 9, 9, false, { half: true });
  await w.settle();
  w.socket.cut();
  served.change({ b: 2 });
  await w.pass(5000);
  disk.fall();
  const next = await start(disk);
  next.maps.silent = true;
  const m = await settled(next.w, next.ca.map("board"));
  assert.deepEqual([contents(m), m.epoch, m.version], [{ a: 1, b: 2 }, 7, 2]);
});

test("a step that does not go on from what is kept changes nothing, and the whole is wanted", async () => {
  const cache = await Cache.open(new Disk().idb!, "x");
  const step = (from: number | undefined, version: number): Step =>
    ({ map: board, epoch: 7, version, batches: [encode({ [`v${version}`]: version })], from: from === undefined ? undefined : { epoch: 7, version: from } });
  const rows = async (): Promise<unknown> => [(await cache.load(board))?.version, (await cache.load(board))?.batches.length];
  assert.deepEqual(await cache.write([step(3, 4)]), [board]);
  assert.deepEqual(await rows(), [undefined, undefined]);
  assert.deepEqual(await cache.write([step(undefined, 4)]), []);
  assert.deepEqual(await cache.write([step(4, 5)]), []);
  assert.deepEqual(await cache.write([step(4, 6)]), [board]);
  assert.deepEqual(await rows(), [5, 2]);
  assert.deepEqual(await cache.write([step(undefined, 9)]), []);
  assert.deepEqual(await rows(), [9, 1]);
  await cache.erase(board);
  assert.deepEqual(await rows(), [undefined, undefined]);
});

test("a long log is replaced by the content", async () => {
  const disk = new Disk();
  const { w, maps, ca } = await start(disk);
  const served = maps.map(board, { a: "" });
  await settled(w, ca.map("board"));
  for (let i = 0; i < 40; i++) {
    maps.commit([served, { a: String(i).padEnd(20_000) }]);
    await w.pass(600);
  }
  await w.pass(1000);
  const db = await new Promise<IDBDatabase>(async (resolve) => {
    const r = disk.idb!.open((await kept(disk))[0]!);
    r.onsuccess = () => resolve(r.result);
  });
  const rows = await new Promise<number>((resolve) => {
    const r = db.transaction("rows").objectStore("rows").count();
    r.onsuccess = () => resolve(r.result);
  });
  db.close();
  assert.ok(rows < 20, `${rows} rows`);
  disk.fall();
  const next = await start(disk);
  next.maps.silent = true;
  const m = await settled(next.w, next.ca.map("board"));
  assert.deepEqual(contents(m), served.entries);
});

// Presence.

const values = (m: SharedMap): Value[] => m.presence.others().map((p) => p.value).sort();

test("MAP-11 each tab is somebody: it sees all others and not itself, and who leaves is gone", async () => {
  const { w, maps, ca } = await start();
  maps.map(board, { a: 1 });
  maps.echoes = true;
  const pages = [w.page(), w.page()] as const, [two, three] = pages.map((p) => session(p));
  await w.settle();
  const [a, b, c] = await settled(w, Promise.all([ca.map("board"), two!.map("board"), three!.map("board")]));
  const heard: unknown[] = [];
  a.presence.on("change", (others) => heard.push(others.map((p) => [p.owner, p.value]).sort()));
  a.presence.set("a");
  b.presence.set("b");
  w.socket.reply(84, 1, false, [[70, "bob", "bob"]], []);
  await w.pass(100);
  nextFrame();
  assert.deepEqual(heard, [[["alice", "b"], ["bob", "bob"]]]);
  assert.deepEqual([a, b, c].map(values), [["b", "bob"], ["a", "bob"], ["a", "b", "bob"]]);
  assert.deepEqual(w.socket.of(66).map((f) => f.slice(2)), [["a"], ["b", 1]]);
  const again = await settled(w, ca.map("board")), late = await settled(w, three!.map("board"));
  assert.deepEqual([again, late].map(values), [["b", "bob"], ["a", "b", "bob"]], "another view of a page is the same person");
  again.presence.set("a2");
  await w.pass(100);
  assert.deepEqual([a, again, b].map(values), [["b", "bob"], ["b", "bob"], ["a2", "bob"]]);
  again.close();
  await w.pass(100);
  assert.deepEqual(values(b), ["a", "bob"], "and shows what is left of it");
  b.presence.clear();
  await w.pass(100);
  assert.deepEqual([a, b, c].map(values), [["bob"], ["a", "bob"], ["a", "bob"]]);
  b.presence.set("b2");
  c.presence.set("c");
  await w.pass(100);
  assert.deepEqual([a, b, c].map(values), [["b2", "bob", "c"], ["a", "bob", "c"], ["a", "b2", "bob"]]);
  pages[0].background.post({ t: "bye" });
  await w.pass(100);
  assert.deepEqual([a, c].map(values), [["bob", "c"], ["a", "bob"]]);
  a.close();
  await w.pass(100);
  assert.deepEqual([values(a), values(c)], [[], ["bob"]]);
});

test("MAP-11 seats are given again, and tabs beyond 64 wait for one", async () => {
  const { w, maps, ca } = await start();
  maps.map(board, { a: 1 });
  maps.echoes = true;
  const watcher = await settled(w, ca.map("board"));
  const tabs: SharedMap[] = [];
  for (let n = 0; n < 66; n++) {
    const s = session(w.page());
    await w.settle();
    tabs.push(await settled(w, s.map("board")));
    tabs[n]!.presence.set(n);
  }
  await w.pass(100);
  const seen = (): Value[] => watcher.presence.others().map((p) => p.value).sort((x, y) => (x as number) - (y as number));
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  assert.deepEqual(seen(), range(0, 64));
  assert.deepEqual([tabs[0]!.presence.others().length, tabs[65]!.presence.others().length], [63, 64]);
  tabs[0]!.close();
  await w.pass(100);
  assert.deepEqual(seen(), range(1, 65));
  tabs[1]!.presence.clear(); // it stays, and its seat is of more use to another
  await w.pass(100);
  assert.deepEqual(seen(), range(2, 66));
  assert.deepEqual(tabs[65]!.presence.others().length, 63);
  tabs[2]!.close();
  tabs[1]!.presence.set(1);
  await w.pass(100);
  assert.deepEqual(seen(), [1, ...range(3, 66)]);
  w.socket.cut();
  await w.pass(3000);
  assert.deepEqual(seen(), [1, ...range(3, 66)], "all are shown again after a cut");
});

test("MAP-11 presence goes out about 30 times a second, the latest wins, and it is shown again after a cut", async () => {
  const { w, maps, ca } = await start();
  maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  for (let i = 0; i <= 100; i++) {
    m.presence.set(i);
    await w.pass(10);
  }
  await w.pass(100);
  const sent = w.socket.of(66);
  assert.ok(sent.length <= 33, `${sent.length} frames in a second`);
  assert.deepEqual(sent.at(-1)!.slice(2), [100]);
  w.socket.reply(84, 1, true, [[6, "bob", 1]], []);
  await w.settle();
  assert.equal(m.presence.others().length, 1);
  w.socket.cut();
  await w.settle();
  assert.equal(m.presence.others().length, 0);
  await w.pass(3000);
  assert.deepEqual(w.socket.of(66).map((f) => f[2]), [100]);
});

test("what can't be shown is refused at once", async () => {
  const { w, maps, ca } = await start();
  maps.map(board, { a: 1 });
  const m = await settled(w, ca.map("board"));
  const code = (code: string) => (e: unknown): boolean => e instanceof WabError && e.code === code;
  assert.throws(() => m.presence.set("x".repeat(1024)), code("too_large"));
  assert.throws(() => m.presence.set(() => 1), code("bad_request"));
  m.close();
  m.presence.set(1);
  m.presence.clear();
  await w.settle();
  assert.equal(w.socket.of(66).length, 0);
});

// Random histories.

/** dice gives the same numbers for the same seed. */
function dice(seed: number): (n: number) => number {
  return (n) => (seed = (seed * 48271) % 2147483647) % n;
}

for (let seed = 1; seed <= 8; seed++) {
  test(`MAP-5 after any history of changes, cuts, tabs and restarts all see the newest: ${seed}`, async () => {
    const random = dice(seed * 7919);
    const disk = new Disk();
    let { w, maps, ca } = await start(disk);
    const served = [maps.map(board, { n: 0 }), maps.map("counter:alice/home/list", { n: 0 })] as const;
    let views: SharedMap[] = [];
    const last = new Map<SharedMap, [epoch: number, version: number]>();
    const look = async (): Promise<void> => void views.push(...(await Promise.all([ca.map("board"), ca.map("list")])));
    const change = (): Parameters<MapServer["commit"]>[number] => {
      const m = served[random(2)]!, key = `k${random(12)}`;
      return random(3) === 0 ? [m, {}, [key]] : [m, { [key]: random(1000), n: random(1000) }];
    };
    const steps: (() => unknown)[] = [
      () => maps.commit(change()),
      () => maps.commit(change()),
      () => maps.commit([served[0], { n: 1 }], [served[1], { n: 1 }]),
      () => served[random(2)]!.change({ [`k${random(12)}`]: "unheard" }),
      () => w.socket.cut(),
      () => void look(),
      () => views.shift()?.close(),
      () => w.pass(random(3000)),
      () => { const m = served[random(2)]!; m.epoch++; },
      async () => {
        await w.pass(random(2) * 1000);
        disk.fall();
        views = [];
        const old = maps.maps;
        ({ w, maps, ca } = await start(disk));
        for (const [name, m] of old) maps.maps.set(name, m);
      },
    ];
    for (let i = 0; i < 120; i++) {
      await steps[random(steps.length)]!();
      await w.settle();
      for (const v of views.filter((v) => v.state !== "ended")) {
        const [epoch, version] = last.get(v) ?? [0, 0];
        assert.ok(v.epoch !== epoch || v.version >= version, `${v.name} went back from ${version} to ${v.version}`);
        last.set(v, [v.epoch, v.version]);
      }
    }
    void look();
    w.socket.cut();
    await w.pass(10_000);
    assert.ok(views.length >= 2);
    for (const v of views) {
      const m = served.find((_, i) => v.name.endsWith(["board", "list"][i]!))!;
      assert.deepEqual([v.state, v.epoch, v.version, contents(v)], ["live", m.epoch, m.version, m.entries]);
    }
  });
}
