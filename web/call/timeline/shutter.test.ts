import assert from "node:assert/strict";
import { test } from "node:test";
import { Shutter } from "./shutter.ts";
import { later, since } from "./ticks.ts";

/** camera makes frames 30 times a second, which come out of the encoder after what delay says; shift is where its timestamps begin, in ms. */
function camera(shutter: Shutter, o: { frames: number; delay: (n: number) => number; told?: boolean; work?: number; shift?: (n: number) => number; begin?: number }): { rtp(n: number): number; captured(n: number): number } {
  const captured = (n: number): number => (o.begin ?? 10_000) + n * 33.3;
  const rtp = (n: number): number => later(0xffff_0000, Math.floor(captured(n) + (o.shift?.(n) ?? 0)) * 90);
  for (let n = 0; n < o.frames; n++) {
    if (o.told) shutter.captured(captured(n), captured(n) + (o.work ?? 0));
    shutter.frame(rtp(n), captured(n) + (o.work ?? 0) + o.delay(n));
  }
  return { rtp, captured };
}

/** first is the first frame that was captured at an instant or later, as the shutter has it. */
function first(shutter: Shutter, at: number, c: { rtp(n: number): number }, from = 0): number {
  const rtp = shutter.rtp(at)!;
  for (let n = from; ; n++) if (since(c.rtp(n), rtp) >= 0) return n;
}

const jitter = (n: number): number => 5 + (n * 7) % 11;

test("DEV-4: told captures decide which frame an action belongs to, however close it was", () => {
  const shutter = new Shutter(), c = camera(shutter, { frames: 60, delay: (n) => 20 + jitter(n) / 2, told: true });
  for (const behind of [0.01, 1, 5, 15, 32, 33.2]) assert.equal(first(shutter, c.captured(59) + behind, c, 50), 60, `${behind} ms after a capture`);
});

test("DEV-4: the delay from the camera through the page's own work is taken out", () => {
  const shutter = new Shutter(), c = camera(shutter, { frames: 60, delay: jitter, told: true, work: 120 });
  assert.equal(first(shutter, c.captured(59) + 10, c, 50), 60);
});

test("without captures an action is early by the encoder's least delay at most", () => {
  const shutter = new Shutter(), c = camera(shutter, { frames: 60, delay: jitter });
  assert.equal(first(shutter, c.captured(59) + 7, c, 50), 60);
  assert.equal(first(shutter, c.captured(59) + 3, c, 50), 59);
});

test("timestamps whose beginning moves are followed within half a second", () => {
  const shutter = new Shutter(), c = camera(shutter, { frames: 90, delay: jitter, told: true, shift: (n) => (n < 60 ? 0 : -40) });
  assert.equal(first(shutter, c.captured(89) + 10, c, 80), 90);
});

test("a page's own pictures show after two frames that the beginning has moved far", () => {
  const shutter = new Shutter();
  shutter.painted = true;
  const c = camera(shutter, { frames: 62, delay: jitter, told: true, shift: (n) => (n < 60 ? 0 : 400) });
  assert.equal(first(shutter, c.captured(61) + 10, c, 60), 62);
});

test("slow frames mislead nobody", () => {
  const shutter = new Shutter(), c = camera(shutter, { frames: 90, delay: (n) => (n % 3 ? 5 : 40), told: true });
  assert.equal(first(shutter, c.captured(89) + 10, c, 80), 90);
});

test("DEV-4: a page's own pictures are told apart by halves, where most frames take longer in the encoder than from one picture to the next", () => {
  const shutter = new Shutter();
  shutter.painted = true;
  const captured = (n: number): number => 10_000 + n * 33.3, rtp = (n: number): number => later(7, Math.floor(captured(n)) * 90);
  const events = Array.from({ length: 60 }, (_, n) => n).flatMap((n) => [
    { at: captured(n), happen: () => shutter.captured(captured(n)) },
    { at: captured(n) + (n % 9 < 4 ? 10 : 38), happen: () => shutter.frame(rtp(n), captured(n) + (n % 9 < 4 ? 10 : 38)) },
  ]);
  for (const e of events.sort((a, b) => a.at - b.at)) if (e.at < captured(59) + 1) e.happen();
  for (const behind of [0.01, 5, 16, 31, 33.2]) assert.equal(first(shutter, captured(59) + behind, { rtp }, 50), 60, `${behind} ms after a capture`);
});

test("another track begins anew", () => {
  const shutter = new Shutter();
  camera(shutter, { frames: 60, delay: jitter, told: true });
  const c = camera(shutter, { frames: 20, delay: jitter, told: true, begin: 13_000, shift: () => 1_000_000 });
  assert.equal(first(shutter, c.captured(19) + 10, c), 20);
});

test("before the first frame nothing is known", () => {
  assert.equal(new Shutter().rtp(5), undefined);
});
