import assert from "node:assert/strict";
import { test } from "node:test";
import { frame, maxDots, pack, unpack } from "./stroke.ts";

test("what is packed comes back, to an eighth of a unit", () => {
  const dots = Array.from({ length: 500 }, (_, i) => ({ x: 1000 * Math.sin(i * i), y: -i * 3.3, pressure: (i % 10) / 10 }));
  const back = unpack(pack(dots));
  assert.equal(back.length, dots.length);
  back.forEach((d, i) => {
    assert.ok(Math.abs(d.x - dots[i]!.x) <= 1 / 16 && Math.abs(d.y - dots[i]!.y) <= 1 / 16, `${i}`);
    assert.ok(Math.abs(d.pressure - dots[i]!.pressure) < 1 / 255);
  });
});

test("far ways need more bytes and lose nothing", () => {
  const dots = [{ x: 9_000_000, y: -9_000_000, pressure: 1 }, { x: -9_000_000.5, y: 0.125, pressure: 0 }];
  assert.deepEqual(unpack(pack(dots)), dots);
});

test("what breaks off, or is nonsense, is read as far as it goes", () => {
  const bytes = pack([{ x: 1, y: 2, pressure: 0.2 }, { x: 300, y: 4, pressure: 0.4 }]);
  for (let n = 0; n < bytes.length; n++) assert.ok(unpack(bytes.slice(0, n)).length <= 1);
  assert.deepEqual(unpack(new Uint8Array(1000).fill(0xff)), []);
  assert.equal(unpack(new Uint8Array(100_000)).length, maxDots);
  for (let i = 0; i < 500; i++) {
    const noise = crypto.getRandomValues(new Uint8Array(i));
    assert.ok(unpack(noise).every((d) => Number.isFinite(d.x) && Number.isFinite(d.y)));
  }
});

test("a stroke's dots count from the corner of its box", () => {
  const { box, dots } = frame([{ x: 10, y: 40, pressure: 1 }, { x: 30, y: 20, pressure: 1 }]);
  assert.deepEqual(box, { x: 10, y: 20, w: 20, h: 20 });
  assert.deepEqual(dots.map(({ x, y }) => [x, y]), [[0, 20], [20, 0]]);
});
