import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "./cbor.ts";
import { mapName, type SharedMap } from "./map.ts";
import { board, changesOf, contents, frames, nextFrame, rejects, server, session, settled, start } from "./testkit/mapscene.ts";
import { token } from "./testkit/world.ts";

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
