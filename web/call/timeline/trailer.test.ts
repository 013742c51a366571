import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { append, split } from "./trailer.ts";

interface Vectors {
  good: { frame: string; counter: number; marks: [number, number][]; marked: string }[];
  bad: string[];
}

const { good, bad } = JSON.parse(readFileSync("internal/timeline/testdata/trailer.json", "utf8")) as Vectors;
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");

test("DEV-4: trailers are those of package timeline", () => {
  for (const v of good) {
    const marks = v.marks.map(([action, age]) => ({ action, age })), marked = bytes(v.marked);
    assert.equal(hex(append(bytes(v.frame), { counter: v.counter, marks })), v.marked);
    const got = split(marked);
    assert.deepEqual(got, { counter: v.counter, marks, end: v.frame.length / 2 });
  }
});

test("DEV-4: what has no valid trailer is left alone", () => {
  for (const b of bad) assert.equal(split(bytes(b)), undefined, b);
});

test("DEV-4: no damage makes a trailer of another content", () => {
  const frame = bytes("9d012a"), marked = append(frame, { counter: 9, marks: [{ action: 8, age: 90 }] });
  for (let i = 0; i < marked.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = marked.slice();
      damaged[i]! ^= 1 << bit;
      const got = split(damaged);
      if (i < frame.length) assert.equal(got?.end, frame.length);
      else assert.equal(got, undefined, `byte ${i}, bit ${bit}`);
    }
  }
});

test("a frame that lies within a larger buffer is read at its place", () => {
  const marked = append(bytes("0102"), { counter: 3, marks: [] }), larger = new Uint8Array(marked.length + 10);
  larger.set(marked, 5);
  assert.equal(split(larger.subarray(5, 5 + marked.length))?.end, 2);
});
