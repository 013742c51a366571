import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decode, encode } from "./cbor.ts";

interface Vectors {
  good: { hex: string; value: unknown }[];
  bad: string[];
}

const vectors = JSON.parse(readFileSync("web/client/testdata/cbor.json", "utf8")) as Vectors;

const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");
const bytes = (h: string): Uint8Array => new Uint8Array(Buffer.from(h, "hex"));

/** untag turns a vector's notation into the value that decode must give. lossy: JavaScript can't tell 1.0 from 1, so encoding differs. */
function untag(v: unknown): { value: unknown; lossy: boolean } {
  if (v === null || typeof v === "boolean") return { value: v, lossy: false };
  if (Array.isArray(v)) {
    const items = v.map(untag);
    return { value: items.map((i) => i.value), lossy: items.some((i) => i.lossy) };
  }
  const tagged = v as { int?: string; float?: string; bytes?: string; text?: string; map?: [unknown, unknown][] };
  if (tagged.int !== undefined) {
    const n = Number(tagged.int);
    return { value: Number.isSafeInteger(n) ? n : BigInt(tagged.int), lossy: false };
  }
  if (tagged.float !== undefined) return { value: Number(tagged.float), lossy: Number.isSafeInteger(Number(tagged.float)) };
  if (tagged.bytes !== undefined) return { value: bytes(tagged.bytes), lossy: false };
  if (tagged.text !== undefined) return { value: Buffer.from(tagged.text, "hex").toString("utf8"), lossy: false };
  const entries = tagged.map!.map(([k, x]) => ({ key: untag(k).value, ...untag(x) }));
  const lossy = entries.some((e) => e.lossy);
  if (!entries.every((e) => typeof e.key === "string")) return { value: new Map(entries.map((e) => [e.key, e.value])), lossy };
  const value = {};
  for (const e of entries) Object.defineProperty(value, e.key as string, { value: e.value, enumerable: true, configurable: true, writable: true });
  return { value, lossy };
}

test("vectors of package cbor decode to their values, and encode to the same bytes", () => {
  for (const v of vectors.good) {
    const want = untag(v.value);
    assert.deepEqual(decode(bytes(v.hex)), want.value, v.hex);
    if (!want.lossy) assert.equal(hex(encode(want.value)), v.hex);
  }
});

test("what package cbor refuses is refused", () => {
  for (const h of vectors.bad) assert.throws(() => decode(bytes(h)), /^Error: cbor: /, h);
});

test("decode never throws anything but its own errors, and what it takes is canonical", () => {
  let seed = 1;
  const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 20000; i++) {
    const source = bytes(vectors.good[random(vectors.good.length)]!.hex);
    for (let k = 0; k < 3 && source.length > 0; k++) source[random(source.length)] = random(256);
    try {
      decode(source.subarray(0, random(source.length + 1)));
    } catch (e) {
      assert.match(String(e), /^Error: cbor: /);
    }
  }
});

test("whole numbers are integers, undefined is left out", () => {
  assert.equal(hex(encode(1.0)), "01");
  assert.equal(hex(encode(-0)), "00");
  assert.equal(hex(encode(2 ** 53)), "fa5a000000");
  assert.equal(hex(encode(undefined)), "f6");
  assert.equal(hex(encode([undefined])), "81f6");
  assert.equal(hex(encode({ b: undefined, a: 1 })), "a1616101");
  assert.equal(hex(encode(new Map([["b", 1], ["a", 2]]))), "a2616102616201");
  assert.equal(hex(encode(Object.assign(Object.create(null), { a: 1 }))), "a1616101");
});

test("what can't be sent says so", () => {
  const loop: unknown[] = [];
  loop.push(loop);
  for (const v of [() => 1, Symbol("x"), new Date(), new Set([1]), /x/, new Float32Array(1), loop, 2n ** 64n, -(2n ** 63n) - 1n, new Map([[1.5, 1]]), new Map<unknown, number>([[1, 1], [1n, 2]])]) {
    assert.throws(() => encode(v), TypeError);
  }
});

test("a decoded byte string does not share the message's memory", () => {
  const source = bytes("4101");
  const got = decode(source) as Uint8Array;
  source[1] = 9;
  assert.deepEqual(got, new Uint8Array([1]));
});
