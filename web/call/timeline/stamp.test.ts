import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, repeatFor, Stamp } from "./stamp.ts";
import { later, since } from "./ticks.ts";

const frame = 3000; // ticks

test("DEV-4: an action is in each frame captured since it was made, and in none before", () => {
  const stamp = new Stamp();
  stamp.mark(1, 1000);
  assert.deepEqual(stamp.next(999), { counter: 0, marks: [] });
  assert.deepEqual(stamp.next(1000), { counter: 1, marks: [{ action: 1, age: 0 }] });
  assert.deepEqual(stamp.next(1000 + frame), { counter: 1, marks: [{ action: 1, age: frame }] });
});

test("an action whose instant nobody knows is the next frame's", () => {
  const stamp = new Stamp();
  stamp.mark(1, undefined);
  assert.deepEqual(stamp.next(5), { counter: 1, marks: [{ action: 1, age: 0 }] });
  assert.deepEqual(stamp.next(6), { counter: 1, marks: [{ action: 1, age: 1 }] });
});

test("marks end after a while, the counter stays", () => {
  const stamp = new Stamp();
  stamp.mark(1, 0);
  assert.equal(stamp.next(repeatFor - 1).marks.length, 1);
  assert.deepEqual(stamp.next(repeatFor), { counter: 1, marks: [] });
});

test("timestamps wrap between an action and its frames", () => {
  const stamp = new Stamp(), at = 0xffff_fff0;
  stamp.mark(1, at);
  assert.equal(stamp.next(at - 1 >>> 0).marks.length, 0);
  const rtp = later(at, frame), [mark] = stamp.next(rtp).marks;
  assert.equal(mark!.age, frame);
  assert.equal(instant(rtp, mark!.age), at);
  assert.equal(since(rtp, at), frame);
});

test("of a burst between two frames the newest marks are in the trailer, and all count", () => {
  const stamp = new Stamp();
  for (let a = 1; a <= 50; a++) stamp.mark(a, 10);
  const { counter, marks } = stamp.next(20);
  assert.equal(counter, 50);
  assert.equal(marks.length, 32);
  assert.equal(marks.at(-1)!.action, 50);
});

test("an action that was marked is not marked again", () => {
  const stamp = new Stamp();
  for (const a of [3, 2, 3]) stamp.mark(a, 0);
  assert.deepEqual(stamp.next(1), { counter: 3, marks: [{ action: 3, age: 1 }] });
});

test("a mark that a new track's timestamps put far off is dropped, and hides no later one", () => {
  const stamp = new Stamp();
  stamp.mark(1, 1 << 30);
  assert.deepEqual(stamp.next(5), { counter: 0, marks: [] });
  stamp.mark(2, 6);
  assert.deepEqual(stamp.next(7), { counter: 2, marks: [{ action: 2, age: 1 }] });
});
