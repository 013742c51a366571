import assert from "node:assert/strict";
import { test } from "node:test";
import { at, bench, rect } from "./kit.ts";
import { Eraser, Marquee, Move, Pen, Resize, Shape } from "./gestures.ts";
import { dots } from "./hit.ts";
import { maxDots } from "./stroke.ts";

test("a pen leaves a stroke where it went", () => {
  const { board, desk } = bench();
  desk.setColor("green");
  const pen = new Pen(desk, at(10, 20));
  pen.move(at(10.2, 20)); // less than a pixel
  pen.move(at(30, 50));
  pen.end();
  const [[, e]] = board.all() as [[string, import("./element.ts").Element]];
  assert.deepEqual([e.kind, e.x, e.y, e.w, e.h, e.color], ["draw", 10, 20, 20, 30, "green"]);
  assert.deepEqual(dots(e).map((d) => [d.x, d.y]), [[0, 0], [20, 30]]);
});

test("an endless stroke becomes several", () => {
  const { board, desk } = bench();
  const pen = new Pen(desk, at(0, 0));
  for (let i = 1; i < maxDots + 10; i++) pen.move(at(i * 2, 0));
  pen.end();
  assert.equal(board.size, 2);
  desk.undo();
  assert.equal(board.size, 0, "and is one step all the same");
});

test("a shape taken back was never there", () => {
  const { board, desk, sent } = bench();
  const shape = new Shape(desk, "ellipse", at(0, 0));
  shape.move(at(40, 10));
  shape.cancel();
  assert.equal(board.size, 0);
  assert.equal(sent.at(-1)![0]!.element, null, "and those who saw it are told");
});

test("shift makes squares and straight lines", () => {
  const { board, desk } = bench();
  const square = new Shape(desk, "rect", at(100, 100));
  square.move(at(60, 90, true));
  square.end();
  const line = new Shape(desk, "arrow", at(0, 0));
  line.move(at(100, 4, true));
  line.end();
  const [[, a], [, b]] = board.all() as [string, import("./element.ts").Element][] as [[string, import("./element.ts").Element], [string, import("./element.ts").Element]];
  assert.deepEqual([a.x, a.y, a.w, a.h], [60, 60, 40, 40]);
  assert.ok(Math.abs(b.h) < 0.2 && b.w > 99);
});

test("corners pull, and the opposite ones stay", () => {
  const { board, desk } = bench({ a: rect({ x: 10, y: 10 }), b: rect({ x: 110, y: 60 }) });
  desk.select(["a", "b"]);
  const box = desk.frame()!;
  const pull = new Resize(desk, box, "nw");
  pull.move(at(-190, -90));
  pull.end();
  assert.deepEqual(desk.frame(), { x: -190, y: -90, w: 400, h: 200 });
  assert.deepEqual([board.get("b")!.x, board.get("b")!.w], [10, 200]);
  const over = new Resize(desk, desk.frame()!, "e");
  over.move(at(-1000, 0));
  over.end();
  assert.ok(desk.frame()!.w > 0, "a box is never turned over");
});

test("an image keeps its proportions", () => {
  const { board, desk } = bench({ a: rect({ kind: "image", w: 200, h: 100 }) });
  desk.select(["a"]);
  const pull = new Resize(desk, desk.frame()!, "se");
  pull.move(at(400, 110));
  pull.end();
  assert.deepEqual([board.get("a")!.w, board.get("a")!.h], [400, 200]);
});

test("either end of an arrow can be moved", () => {
  const { board, desk } = bench({ a: rect({ kind: "arrow", x: 0, y: 0, w: 100, h: 100 }) });
  desk.select(["a"]);
  const pull = new Resize(desk, desk.frame()!, "start");
  pull.move(at(50, -50));
  pull.end();
  const a = board.get("a")!;
  assert.deepEqual([a.x, a.y, a.w, a.h], [50, -50, 50, 150]);
});

test("a marquee takes what is all in it, and with shift keeps what was selected", () => {
  const { desk } = bench({ in: rect({ x: 10, y: 10, w: 20, h: 20 }), half: rect({ x: 40, y: 10 }), far: rect({ x: 900 }) });
  desk.select(["far"]);
  const box = new Marquee(desk, at(0, 0, true));
  box.move(at(60, 60));
  assert.deepEqual([...desk.selection].sort(), ["far", "in"]);
  assert.ok(desk.box);
  box.end();
  assert.equal(desk.box, undefined);
  new Marquee(desk, at(500, 500)).end();
  assert.equal(desk.selection.size, 0);
});

test("a click moves nothing", () => {
  const { desk, sent } = bench({ a: rect() });
  desk.select(["a"]);
  const move = new Move(desk, at(5, 5));
  move.move(at(6, 6));
  move.end();
  assert.equal(sent.length, 0);
  assert.equal(desk.history.canUndo, false);
});

test("the eraser takes what it crosses, however fast", () => {
  const { board, desk } = bench({ a: rect({ kind: "line", x: 50, y: -50, w: 0, h: 100 }), b: rect({ x: 0, y: 300 }) });
  const rub = new Eraser(desk, at(0, 0));
  rub.move(at(100, 0));
  rub.end();
  assert.deepEqual(board.all().map(([id]) => id), ["b"]);
  desk.undo();
  assert.equal(board.size, 2);
});
