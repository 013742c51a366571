import assert from "node:assert/strict";
import { test } from "node:test";
import { narrowest, nudge, park, placeAt, widthOf } from "./move.ts";

const room = { w: 1000, h: 600 }, tile = { w: 200, h: 100 };

test("a tile keeps its place when the window changes, and never leaves it", () => {
  assert.deepEqual(placeAt(400, 250, tile, room), { x: 0.5, y: 0.5 });
  assert.deepEqual(placeAt(-50, 9000, tile, room), { x: 0, y: 1 });
  assert.deepEqual(placeAt(10, 10, { w: 2000, h: 2000 }, room), { x: 0, y: 0 });
});

test("a tile near an edge parks there", () => {
  assert.deepEqual(park(placeAt(30, 470, tile, room), tile, room), { x: 0, y: 1 });
  assert.deepEqual(park({ x: 0.5, y: 0.5 }, tile, room), { x: 0.5, y: 0.5 });
});

test("keys move a tile as far as there is room", () => {
  assert.deepEqual(nudge({ x: 0, y: 0 }, 80, -10, tile, room), { x: 0.1, y: 0 });
  assert.deepEqual(nudge({ x: 1, y: 1 }, 24, 24, tile, room), { x: 1, y: 1 });
});

test("a tile is neither too small to see nor larger than the window", () => {
  assert.equal(widthOf(1, 16 / 9, room), narrowest);
  assert.equal(widthOf(9000, 16 / 9, room), 1000);
  assert.equal(widthOf(9000, 1, room), 600);
});
