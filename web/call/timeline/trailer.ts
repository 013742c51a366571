/** The trailer behind each encoded frame, as package internal/timeline defines it: the two are tested against the same vectors. */

/** A trailer holds at most this many marks. */
export const maxMarks = 32;

const version = 1, magic = 0x776162a7, markSize = 8, endSize = 14;

/** TrailerMark is the instant of an action: age RTP ticks before the timestamp of the frame that bears it. */
export interface TrailerMark {
  readonly action: number;
  readonly age: number;
}

export interface Trailer {
  /** The number of the newest action, 0 before the first. */
  readonly counter: number;
  /** In the order of their actions. */
  readonly marks: readonly TrailerMark[];
}

/** append is a frame with a trailer behind it. Of more than maxMarks marks the newest are kept. */
export function append(frame: Uint8Array, { counter, marks }: Trailer): Uint8Array<ArrayBuffer> {
  const kept = marks.slice(-maxMarks), size = kept.length * markSize + endSize;
  const out = new Uint8Array(frame.length + size), view = new DataView(out.buffer, frame.length);
  out.set(frame);
  kept.forEach(({ action, age }, i) => {
    view.setUint32(i * markSize, action);
    view.setUint32(i * markSize + 4, age);
  });
  view.setUint32(size - 14, counter);
  view.setUint8(size - 10, kept.length);
  view.setUint8(size - 9, version);
  view.setUint32(size - 8, check(out.subarray(frame.length, out.length - 8)));
  view.setUint32(size - 4, magic);
  return out;
}

/** split is where the frame ends and what stands behind it; undefined where there is no valid trailer. */
export function split(marked: Uint8Array): (Trailer & { end: number }) | undefined {
  if (marked.length < endSize) return undefined;
  const view = new DataView(marked.buffer, marked.byteOffset, marked.length), tail = marked.length - endSize;
  if (view.getUint32(tail + 10) !== magic || view.getUint8(tail + 5) !== version) return undefined;
  const n = view.getUint8(tail + 4), end = tail - n * markSize;
  if (n > maxMarks || end < 0 || view.getUint32(tail + 6) !== check(marked.subarray(end, tail + 6))) return undefined;
  const counter = view.getUint32(tail), marks: TrailerMark[] = [];
  let last = 0;
  for (let at = end; at < tail; at += markSize) {
    const action = view.getUint32(at), age = view.getUint32(at + 4);
    if (action <= last || action > counter || age > 0x7fffffff) return undefined;
    marks.push({ action, age });
    last = action;
  }
  return { counter, marks, end };
}

/** check is FNV-1a, 32 bits. */
function check(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const b of bytes) h = Math.imul(h ^ b, 0x01000193);
  return h >>> 0;
}
