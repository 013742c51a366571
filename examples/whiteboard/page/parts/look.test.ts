import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, fitted, newID, reading, same } from "./element.ts";
import { caught, hit, topmost } from "./hit.ts";
import { rect } from "./kit.ts";
import { layout, wrap } from "./letters.ts";
import { arrivals, here, hue } from "./people.ts";
import { pack } from "./stroke.ts";
import { fitting, nextStep, toBoard, toWindow, zoomed } from "./view.ts";

const width = (text: string, size: number): number => text.length * size * 0.5;

test("shapes are hit at their edge, filled ones everywhere", () => {
  const e = rect({ w: 200, h: 100 });
  assert.ok(hit(e, { x: 0, y: 50 }, 4));
  assert.ok(!hit(e, { x: 100, y: 50 }, 4));
  assert.ok(hit({ ...e, fill: true }, { x: 100, y: 50 }, 4));
  const round = rect({ kind: "ellipse", w: 200, h: 100, fill: true });
  assert.ok(hit(round, { x: 100, y: 50 }, 4) && !hit(round, { x: 4, y: 4 }, 0));
  const line = rect({ kind: "line", w: 100, h: 100 });
  assert.ok(hit(line, { x: 52, y: 50 }, 4) && !hit(line, { x: 90, y: 10 }, 4));
  const stroke = rect({ kind: "draw", points: pack([{ x: 0, y: 0, pressure: 1 }, { x: 100, y: 50, pressure: 1 }]) });
  assert.ok(hit(stroke, { x: 50, y: 25 }, 3) && !hit(stroke, { x: 80, y: 10 }, 3));
});

test("the uppermost is hit first", () => {
  const all = [["low", rect({ fill: true })], ["high", rect({ fill: true })]] as const;
  assert.equal(topmost(all, { x: 50, y: 25 }, 0)![0], "high");
  assert.equal(topmost(all, { x: 500, y: 25 }, 0), undefined);
  assert.deepEqual(caught(all, { x: 10, y: 10, w: 5, h: 5 }), ["low", "high"]);
});

test("a point of the board stays under the pointer while one zooms", () => {
  const view = { x: -30, y: 12, zoom: 0.7 }, at = { x: 400, y: 300 };
  for (const zoom of [0.1, 1, 7]) assert.deepEqual(toWindow(zoomed(view, zoom, at), toBoard(view, at)).x.toFixed(6), "400.000000");
  assert.equal(zoomed(view, 1000, at).zoom, 8);
  assert.equal(nextStep(1, 1), 1.5);
  assert.equal(nextStep(0.05, -1), 0.05);
  const fit = fitting({ x: 0, y: 0, w: 2000, h: 100 }, { w: 1000, h: 800 }, { top: 0, right: 0, bottom: 0, left: 0 });
  assert.equal(fit.zoom, 0.5);
});

test("text breaks between words, and within those that are too long", () => {
  assert.deepEqual(wrap("one two three", 10, 40, width), ["one two", "three"]);
  assert.deepEqual(wrap("abcdefghijkl", 10, 25, width), ["abcde", "fghij", "kl"]);
  assert.deepEqual(wrap("a\n\nb", 10, 40, width), ["a", "", "b"]);
  const note = rect({ kind: "note", w: 208, h: 208, size: 24, text: "word ".repeat(120) });
  const { lines, size } = layout(note, width);
  assert.ok(size < 24 && lines.length * size * 1.3 <= 208 - 36);
});

test("elements are described, and read from the top and from the left", () => {
  assert.equal(describe(rect({ kind: "note", color: "yellow", text: "Milk", by: "bob" })), "Note, yellow: Milk, by bob");
  const order = reading([["c", rect({ y: 500 })], ["b", rect({ x: 300, y: 10 })], ["a", rect({ y: 20 })]]).map(([id]) => id);
  assert.deepEqual(order, ["a", "b", "c"]);
});

test("two elements are the same by what they show", () => {
  assert.ok(same(rect({ by: "a" }), rect({ by: "b" })));
  assert.ok(same(rect({ image: Uint8Array.of(1, 2) }), rect({ image: Uint8Array.of(1, 2) })));
  assert.ok(!same(rect(), rect({ fill: true })));
  assert.ok(same(rect(), rect({ fill: false })));
  assert.ok(same(null, undefined) && !same(null, rect()));
});

test("text is scaled by its letters", () => {
  const e = fitted(rect({ kind: "text", size: 24, text: "x" }), { x: 0, y: 0, w: 100, h: 50 }, { x: 0, y: 0, w: 200, h: 100 });
  assert.equal(e.size, 48);
});

test("what others show of themselves is not trusted", () => {
  assert.deepEqual(here({ at: [1, 2], sel: ["a", 3, "b"] }), { at: [1, 2], sel: ["a", "b"] });
  for (const bad of [null, 7, "x", [], { at: [1] }, { at: [NaN, 2] }, { at: "here", sel: 5 }]) assert.deepEqual(here(bad), {});
  assert.ok(hue("alice") === hue("alice") && hue("x") < 8);
});

test("people come and go once, however many pages they have", () => {
  const others = [{ who: 1, owner: "bob", value: {} }, { who: 2, owner: "bob", value: {} }, { who: 3, owner: "me", value: {} }];
  const first = arrivals(new Set(), others, "me");
  assert.deepEqual([first.came, first.went], [["bob"], []]);
  assert.deepEqual(arrivals(first.now, others.slice(1), "me").went, []);
  assert.deepEqual(arrivals(first.now, [], "me").went, ["bob"]);
});

test("ids are what the server takes", () => assert.match(newID(), /^[a-z2-7]{16}$/));
