import assert from "node:assert/strict";
import { test } from "node:test";
import { Board } from "./board.ts";
import { rect } from "./kit.ts";

const ids = (b: Board): string[] => b.all().map(([id]) => id);

test("one's own changes lie over the map until a version of it holds them", () => {
  const b = new Board();
  b.replace([["a", rect({ x: 1 })]], 4);
  b.draft([{ id: "a", element: rect({ x: 2 }) }, { id: "b", element: rect() }]);
  assert.equal(b.get("a")!.x, 2);
  b.merge([["a", rect({ x: 9 })]], [], 5); // somebody else's, before ours
  assert.equal(b.get("a")!.x, 2);
  b.settled(["a", "b"], 6);
  assert.equal(b.get("a")!.x, 2, "the answer may come before the map");
  b.merge([["a", rect({ x: 2 })], ["b", rect()]], [], 6);
  assert.equal(b.get("a")!.x, 2);
  b.merge([["a", rect({ x: 7 })]], ["b"], 7);
  assert.equal(b.get("a")!.x, 7);
  assert.deepEqual(ids(b), ["a"]);
});

test("the map may come before the answer", () => {
  const b = new Board();
  b.replace([], 1);
  b.draft([{ id: "a", element: rect() }]);
  b.merge([["a", rect({ by: "me" })]], [], 2);
  assert.equal(b.get("a")!.by, undefined);
  b.settled(["a"], 2);
  assert.equal(b.get("a")!.by, "me");
});

test("what was refused is as the map says", () => {
  const b = new Board();
  b.replace([["a", rect({ x: 1 })]], 1);
  b.draft([{ id: "a", element: null }, { id: "b", element: rect() }]);
  assert.deepEqual(ids(b), ["b"]);
  b.dropped(["a", "b"]);
  assert.deepEqual(ids(b), ["a"]);
});

test("the order is by z, then by id", () => {
  const b = new Board();
  b.replace([["c", rect({ z: 1 })], ["a", rect({ z: 2 })], ["b", rect({ z: 1 })]], 1);
  assert.deepEqual(ids(b), ["b", "c", "a"]);
  assert.equal(b.top, 3);
  assert.equal(b.bottom, 0);
});

test("the order stays right through any changes", () => {
  const b = new Board(), truth = new Map<string, number>();
  b.replace([], 1);
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 48271) % 0x7fffffff) % n;
  for (let round = 0; round < 600; round++) {
    const changes = Array.from({ length: 1 + random(round % 50 === 0 ? 80 : 3) }, () => {
      const id = `e${random(120)}`, z = random(9);
      return { id, element: random(4) === 0 ? null : rect({ z, x: round }) };
    });
    const last = new Map(changes.map((c) => [c.id, c]));
    b.draft([...last.values()]);
    for (const { id, element } of last.values()) if (element) truth.set(id, element.z); else truth.delete(id);
    const want = [...truth].sort(([ida, a], [idb, z]) => a - z || (ida < idb ? -1 : 1)).map(([id]) => id);
    assert.deepEqual(ids(b), want);
    assert.ok(b.all().every(([id, e]) => b.get(id) === e));
  }
});

test("damage is where elements were and where they are, and nothing else", () => {
  const b = new Board();
  b.replace([["a", rect()], ["b", rect({ x: 5000 })]], 1);
  const heard: unknown[] = [];
  b.on((changed, damage) => heard.push([[...changed!], damage!.map((d) => Math.round(d.x))]));
  b.draft([{ id: "a", element: rect({ x: 1000 }) }]);
  assert.deepEqual(heard, [[["a"], [-5, 995]]]);
  b.settled(["a"], 2);
  assert.equal(heard.length, 1, "nothing moved");
});
