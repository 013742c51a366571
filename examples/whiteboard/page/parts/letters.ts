// Text on the board: how it breaks into lines, and how large it is.
import { type Element } from "./element.ts";

export const lineHeight = 1.3;
export const noteSide = 208;
export const notePadding = 18;

/** font is the style sheet's, for a canvas. */
export const font = (size: number): string => `${size}px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, "Helvetica Neue", Arial, sans-serif`;

/** Width tells how wide a text is at a size. */
export type Width = (text: string, size: number) => number;

/** wrap breaks a text into lines no wider than max; words that are too long are broken as well. */
export function wrap(text: string, size: number, max: number, width: Width): string[] {
  return text.split("\n").flatMap((paragraph) => wrapLine(paragraph, size, max, width));
}

function wrapLine(paragraph: string, size: number, max: number, width: Width): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of paragraph.split(/(?<= )/)) {
    if (width((line + word).trimEnd(), size) <= max) {
      line += word;
      continue;
    }
    if (line) lines.push(line.trimEnd());
    line = word;
    while (width(line.trimEnd(), size) > max && [...line].length > 1) {
      const cut = fits(line, size, max, width);
      lines.push(line.slice(0, cut));
      line = line.slice(cut);
    }
  }
  return [...lines, line.trimEnd()];
}

/** fits is how much of a line is not too wide: at least one character. */
function fits(line: string, size: number, max: number, width: Width): number {
  const chars = [...line];
  let low = 1, high = chars.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (width(chars.slice(0, middle).join(""), size) > max) high = middle - 1;
    else low = middle;
  }
  return chars.slice(0, low).join("").length;
}

export interface Layout {
  lines: string[];
  size: number;
}

/** layout breaks an element's text. A note's letters become smaller until they fit. */
export function layout(e: Element, width: Width): Layout {
  const text = e.text ?? "";
  if (e.kind !== "note") return { lines: text.split("\n"), size: e.size };
  const room = { w: e.w - 2 * notePadding, h: e.h - 2 * notePadding };
  for (let size = e.size; ; size *= 0.9) {
    const lines = wrap(text, size, room.w, width);
    if (size < 8 || lines.length * size * lineHeight <= room.h) return { lines, size };
  }
}

/** measure is the box of a text element's text. */
export function measure(text: string, size: number, width: Width): { w: number; h: number } {
  const lines = text.split("\n");
  return { w: Math.ceil(Math.max(size / 2, ...lines.map((l) => width(l, size)))), h: Math.ceil(lines.length * size * lineHeight) };
}
