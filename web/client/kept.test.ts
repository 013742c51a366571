import { IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, type Step } from "./cache.ts";
import { encode } from "./cbor.ts";
import { SharedMap } from "./map.ts";
import { board, contents, rejects, server, session, settled, start } from "./testkit/mapscene.ts";
import { MapServer } from "./testkit/mapserver.ts";
import { Disk, token, World } from "./testkit/world.ts";

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
