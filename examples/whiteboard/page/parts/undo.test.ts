import assert from "node:assert/strict";
import { test } from "node:test";
import { at, bench, rect } from "./kit.ts";
import { Move, Shape } from "./gestures.ts";

test("a gesture is one step, and redo is its way back", () => {
  const { board, desk } = bench({ a: rect() });
  desk.select(["a"]);
  const move = new Move(desk, at(10, 10));
  for (let i = 1; i <= 20; i++) move.move(at(10 + i, 10 + i));
  move.end();
  assert.equal(board.get("a")!.x, 20);
  desk.undo();
  assert.equal(board.get("a")!.x, 0);
  assert.equal(desk.history.canUndo, false);
  desk.redo();
  assert.equal(board.get("a")!.x, 20);
});

test("what others did meanwhile stays", () => {
  const { board, desk } = bench({ a: rect(), b: rect(), c: rect() });
  desk.select(["a"]);
  desk.nudge(5, 0);
  board.settled(["a"], 2);
  board.merge([["a", rect({ x: 5, color: "blue" })]], [], 2); // recoloured by somebody
  desk.undo();
  assert.deepEqual([board.get("a")!.x, board.get("a")!.color], [0, "blue"]);

  desk.select(["b"]);
  desk.nudge(5, 0);
  board.settled(["b"], 3);
  board.merge([["b", rect({ x: 70 })]], [], 3); // moved on by somebody
  desk.undo();
  assert.equal(board.get("b")!.x, 70);

  desk.select(["c"]);
  desk.nudge(5, 0);
  board.settled(["c"], 4);
  board.merge([], ["c"], 4); // deleted by somebody
  desk.undo();
  assert.equal(board.get("c"), undefined);
});

test("what others did is never undone", () => {
  const { board, desk } = bench({ a: rect() });
  board.merge([["b", rect()], ["a", rect({ x: 9 })]], [], 2);
  desk.undo();
  assert.equal(board.get("a")!.x, 9);
  assert.ok(board.get("b"));
});

test("made things go, deleted ones come back, and a step that has nothing left to do is passed over", () => {
  const { board, desk } = bench({ a: rect() });
  desk.take("rect");
  const shape = new Shape(desk, "rect", at(0, 0));
  shape.move(at(50, 50));
  shape.end();
  const [id] = [...desk.selection];
  desk.select(["a"]);
  desk.remove();
  assert.equal(board.get("a"), undefined);
  desk.undo();
  assert.ok(board.get("a"));
  board.merge([], [id!], 2);
  board.dropped([id!]);
  desk.undo();
  assert.equal(desk.history.canUndo, false);
});
