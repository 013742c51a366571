// The points of a freehand stroke, packed: for each point the way from the one before in eighths of a unit, as zigzag varints, and a byte of pressure.
// Three to five bytes a point.
import { type Box, type Point, union } from "./geometry.ts";

/** Dot is a point of a stroke; pressure goes from 0 to 1, 0.5 where the device doesn't tell. */
export interface Dot extends Point {
  pressure: number;
}

/** Strokes longer than this are cut into several. */
export const maxDots = 4_000;

const grain = 8;

export function pack(dots: readonly Dot[]): Uint8Array {
  const out: number[] = [];
  let x = 0, y = 0;
  for (const d of dots) {
    const nx = Math.round(d.x * grain), ny = Math.round(d.y * grain);
    varint(out, nx - x);
    varint(out, ny - y);
    out.push(Math.round(Math.min(1, Math.max(0, d.pressure)) * 255));
    [x, y] = [nx, ny];
  }
  return Uint8Array.from(out);
}

function varint(out: number[], n: number): void {
  let u = n < 0 ? -2 * n - 1 : 2 * n;
  for (; u >= 0x80; u = Math.floor(u / 0x80)) out.push((u % 0x80) | 0x80);
  out.push(u);
}

/** unpack reads what pack wrote. What breaks off is read as far as it goes: it comes from others. */
export function unpack(bytes: Uint8Array): Dot[] {
  const dots: Dot[] = [];
  let at = 0, x = 0, y = 0;
  const next = (): number => {
    let u = 0, scale = 1;
    for (;;) {
      const b = bytes[at++];
      if (b === undefined || scale > 2 ** 35) return NaN;
      u += (b & 0x7f) * scale;
      if (b < 0x80) return u % 2 ? -(u + 1) / 2 : u / 2;
      scale *= 0x80;
    }
  };
  while (at < bytes.length && dots.length < maxDots) {
    x += next();
    y += next();
    const pressure = bytes[at++];
    if (pressure === undefined || Number.isNaN(x + y)) break;
    dots.push({ x: x / grain, y: y / grain, pressure: pressure / 255 });
  }
  return dots;
}

/** frame puts dots into their own box, whose corner is then where they begin to count. */
export function frame(dots: readonly Dot[]): { box: Box; dots: Dot[] } {
  const box = union(dots.map(({ x, y }) => ({ x, y, w: 0, h: 0 }))) ?? { x: 0, y: 0, w: 0, h: 0 };
  return { box, dots: dots.map((d) => ({ ...d, x: d.x - box.x, y: d.y - box.y })) };
}
