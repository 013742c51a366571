// What lies on the board. An element is one entry of the map "board", under its id; whiteboard.go has the same shape.
import { type Box, normal, type Point, tidy } from "./geometry.ts";
import { pack, unpack } from "./stroke.ts";

export type Kind = "draw" | "rect" | "ellipse" | "line" | "arrow" | "text" | "note" | "image";

export const colors = ["ink", "grey", "red", "orange", "yellow", "green", "blue", "violet"] as const;
export type Color = (typeof colors)[number];

export interface Element {
  readonly kind: Kind;
  /** The corner; of lines and arrows the beginning, w and h being the way to their end. */
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** What has a greater z lies above. */
  readonly z: number;
  readonly color: Color;
  /** Of the pen; of text and notes the size of the letters. */
  readonly size: number;
  readonly fill?: boolean;
  readonly text?: string;
  /** Of a stroke, packed (stroke.ts), counted from the corner. */
  readonly points?: Uint8Array;
  /** An image file: JPEG, PNG or WebP. */
  readonly image?: Uint8Array;
  /** Who made it; the server says so. */
  readonly by?: string;
}

/** Change is what becomes of one element; null deletes it. */
export interface Change {
  id: string;
  element: Element | null;
}

/** Placed is an element with its id. */
export type Placed = readonly [id: string, element: Element];

const linear = (e: Element): boolean => e.kind === "line" || e.kind === "arrow";

/** bodyOf is the box that an element's geometry fills. */
export const bodyOf = (e: Element): Box => normal(e);

/** inkOf is all that it may paint on: pen widths, arrow heads and shadows included. */
export function inkOf(e: Element): Box {
  const b = normal(e);
  const more = e.kind === "note" ? 28 : e.kind === "text" ? e.size / 2 : e.kind === "arrow" ? 12 + 3 * e.size : 3 + e.size;
  return { x: b.x - more, y: b.y - more, w: b.w + 2 * more, h: b.h + 2 * more };
}

export const moved = (e: Element, dx: number, dy: number): Element => ({ ...e, x: tidy(e.x + dx), y: tidy(e.y + dy) });

/** fitted takes an element along when the box around it changes from one to another. */
export function fitted(e: Element, from: Box, to: Box): Element {
  const sx = from.w ? to.w / from.w : 1, sy = from.h ? to.h / from.h : 1;
  const x = tidy(to.x + (e.x - from.x) * sx), y = tidy(to.y + (e.y - from.y) * sy);
  const w = tidy(e.w * sx), h = tidy(e.h * sy);
  switch (e.kind) {
    case "draw":
      return { ...e, x, y, w, h, points: pack(unpack(e.points ?? new Uint8Array()).map((d) => ({ ...d, x: d.x * sx, y: d.y * sy }))) };
    case "text": {
      const s = Math.min(sx, sy);
      return { ...e, x, y, w: tidy(e.w * s), h: tidy(e.h * s), size: Math.max(6, Math.min(400, tidy(e.size * s))) };
    }
    default:
      return { ...e, x, y, w, h };
  }
}

/** evenly tells whether an element keeps its proportions when it is resized. */
export const evenly = (e: Element): boolean => e.kind === "text" || e.kind === "image";

/** ends are the two of a line or an arrow. */
export const ends = (e: Element): [Point, Point] | undefined => (linear(e) ? [{ x: e.x, y: e.y }, { x: e.x + e.w, y: e.y + e.h }] : undefined);

/** same tells whether two elements look the same and mean the same. Who made them doesn't matter. */
export function same(a: Element | null | undefined, b: Element | null | undefined): boolean {
  if (!a || !b) return !a && !b;
  return keys.every((k) => sameField(a[k], b[k]));
}

export const keys = ["kind", "x", "y", "w", "h", "z", "color", "size", "fill", "text", "points", "image"] as const;

export function sameField(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length === b.length && a.every((byte, i) => byte === b[i]);
  return a === b || (!a && !b && typeof a !== "number" && typeof b !== "number");
}

/** bytesOf is about how much an element weighs on the wire. */
export const bytesOf = (e: Element | null): number => (e ? 120 + 3 * (e.text?.length ?? 0) + (e.points?.length ?? 0) + (e.image?.length ?? 0) : 40);

const words: Record<Kind, string> = {
  draw: "Drawing", rect: "Rectangle", ellipse: "Ellipse", line: "Line", arrow: "Arrow", text: "Text", note: "Note", image: "Image",
};

/** describe says in words what an element is, for those who can't see it. */
export function describe(e: Element): string {
  const what = e.kind === "text" || e.kind === "image" ? words[e.kind] : `${words[e.kind]}, ${e.color}`;
  const text = e.text ? `: ${e.text.length > 80 ? `${e.text.slice(0, 80)} …` : e.text}` : "";
  return `${what}${text}${e.by ? `, by ${e.by}` : ""}`;
}

/** reading is the order in which elements are read out: by lines from the top, and from left to right within one. */
export function reading(elements: Iterable<Placed>): Placed[] {
  const line = (e: Element): number => Math.floor(normal(e).y / 80);
  return [...elements].sort(([, a], [, b]) => line(a) - line(b) || normal(a).x - normal(b).x);
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** newID makes 80 random bits. */
export const newID = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => alphabet[b & 31]).join("");

/** The server takes no longer texts, in bytes. */
export const maxText = 4_000;

/** clip is as much of a text as an element holds; no character is cut in two. */
export const clip = (text: string): string => text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(maxText)).read);

export const tooLong = "An element holds about 4,000 letters. The rest was left out.";
