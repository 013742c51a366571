// Where a selection can be taken hold of, and what follows from pulling there.
import { type Element, ends } from "./element.ts";
import type { Box, Point } from "./geometry.ts";

/** Handle is a corner or an edge of the box around a selection, or one end of a line. */
export type Handle = "nw" | "n" | "ne" | "e" | "se" | "s" | "sw" | "w" | "start" | "end";

export interface Grip extends Point {
  handle: Handle;
}

/** gripsOf lists the handles of a selection: of a single line or arrow its ends, else the corners. Edges are held anywhere along them (edgeAt). */
export function gripsOf(box: Box, only: Element | undefined): Grip[] {
  const tips = only && ends(only);
  if (tips) return [{ handle: "start", ...tips[0] }, { handle: "end", ...tips[1] }];
  const { x, y, w, h } = box;
  return [
    { handle: "nw", x, y }, { handle: "ne", x: x + w, y }, { handle: "se", x: x + w, y: y + h }, { handle: "sw", x, y: y + h },
  ];
}

/** gripAt is the handle no further than reach from a point. */
export function gripAt(grips: readonly Grip[], p: Point, reach: number): Grip | undefined {
  return grips.filter((g) => Math.max(Math.abs(g.x - p.x), Math.abs(g.y - p.y)) <= reach).sort((a, b) => far(a, p) - far(b, p))[0];
}

const far = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** edgeAt is the edge no further than reach from a point. */
export function edgeAt(b: Box, p: Point, reach: number): Handle | undefined {
  const inX = p.x > b.x && p.x < b.x + b.w, inY = p.y > b.y && p.y < b.y + b.h;
  if (inX && Math.abs(p.y - b.y) <= reach) return "n";
  if (inX && Math.abs(p.y - b.y - b.h) <= reach) return "s";
  if (inY && Math.abs(p.x - b.x) <= reach) return "w";
  if (inY && Math.abs(p.x - b.x - b.w) <= reach) return "e";
  return undefined;
}

const least = 4;

/** pulled is the box after a handle went to a point. Even boxes keep their proportions. A box is never turned over. */
export function pulled(box: Box, handle: Handle, to: Point, even: boolean): Box {
  let { x, y, w, h } = box;
  if (handle.includes("e") && handle !== "end") w = Math.max(least, to.x - x);
  if (handle.includes("s") && handle !== "start") h = Math.max(least, to.y - y);
  if (handle.includes("w")) { w = Math.max(least, x + w - to.x); x = box.x + box.w - w; }
  if (handle.startsWith("n")) { h = Math.max(least, y + h - to.y); y = box.y + box.h - h; }
  if (!even || box.w === 0 || box.h === 0) return { x, y, w, h };
  const scale = handle === "n" || handle === "s" ? h / box.h : handle === "e" || handle === "w" ? w / box.w : Math.max(w / box.w, h / box.h);
  [w, h] = [box.w * scale, box.h * scale];
  if (handle.includes("w")) x = box.x + box.w - w;
  if (handle.startsWith("n")) y = box.y + box.h - h;
  return { x, y, w, h };
}

export const cursorOf: Record<Handle, string> = {
  nw: "nwse-resize", se: "nwse-resize", ne: "nesw-resize", sw: "nesw-resize", n: "ns-resize", s: "ns-resize", e: "ew-resize", w: "ew-resize", start: "crosshair", end: "crosshair",
};
