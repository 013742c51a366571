import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "./cbor.ts";
import { WabError } from "./error.ts";
import type { SharedMap } from "./map.ts";
import { board, nextFrame, session, settled, start } from "./testkit/mapscene.ts";

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
