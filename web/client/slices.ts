/** Large batches in pieces: a page decodes each in a task of its own, and shows them together. */
import { Reader } from "./cbor.ts";

/** A piece has about so many bytes. Pages decode it in a few milliseconds. */
export const sliceBytes = 64 << 10;

/** slices cuts a batch into batches that do the same one after the other. The bytes are theirs. */
export function slices(batch: Uint8Array): Uint8Array<ArrayBuffer>[] {
  if (batch.length <= sliceBytes) return [batch.slice()];
  const r = new Reader(batch);
  const out = cut(batch, r, "map");
  if (!r.atEnd()) out.push(...cut(batch, r, "array"));
  return out.length > 0 ? out : [batch.slice()];
}

function cut(batch: Uint8Array, r: Reader, kind: "map" | "array"): Uint8Array<ArrayBuffer>[] {
  const out: Uint8Array<ArrayBuffer>[] = [];
  let n = 0, from = 0;
  for (let left = r.count(kind); left > 0; left--) {
    const key = r.raw(), item = kind === "map" ? r.raw() : key;
    if (n++ === 0) from = key.byteOffset - batch.byteOffset;
    const to = item.byteOffset - batch.byteOffset + item.length;
    if (to - from < sliceBytes && left > 1) continue;
    out.push(join(kind === "map" ? head(0xa0, n) : [0xa0, ...head(0x80, n)], batch.subarray(from, to)));
    n = 0;
  }
  return out;
}

/** head begins a map (0xa0) or an array (0x80) of n, which a piece has room for in two bytes. */
function head(kind: number, n: number): number[] {
  if (n < 24) return [kind + n];
  return n < 256 ? [kind + 24, n] : [kind + 25, n >> 8, n & 255];
}

function join(head: readonly number[], rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(head.length + rest.length);
  out.set(head);
  out.set(rest, head.length);
  return out;
}
