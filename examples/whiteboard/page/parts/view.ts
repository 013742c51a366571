// Which part of the board the window shows.
import type { Box, Point } from "./geometry.ts";

export const minZoom = 0.05, maxZoom = 8;

/** View maps the board to the window: a point's place in the window is zoom times its way from (x, y). */
export interface View extends Point {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export const toBoard = (v: View, p: Point): Point => ({ x: p.x / v.zoom + v.x, y: p.y / v.zoom + v.y });
export const toWindow = (v: View, p: Point): Point => ({ x: (p.x - v.x) * v.zoom, y: (p.y - v.y) * v.zoom });

/** shown is the part of the board that a window of that size shows. */
export const shown = (v: View, size: { w: number; h: number }): Box => ({ x: v.x, y: v.y, w: size.w / v.zoom, h: size.h / v.zoom });

/** panned moves what is shown by pixels of the window. */
export const panned = (v: View, dx: number, dy: number): View => ({ ...v, x: v.x - dx / v.zoom, y: v.y - dy / v.zoom });

/** zoomed changes the zoom; the point of the board under a place of the window stays there. */
export function zoomed(v: View, zoom: number, at: Point): View {
  const next = Math.min(maxZoom, Math.max(minZoom, zoom));
  const fixed = toBoard(v, at);
  return { x: fixed.x - at.x / next, y: fixed.y - at.y / next, zoom: next };
}

/** nextStep is the next of the zoom levels that buttons and keys go through. */
export function nextStep(zoom: number, direction: 1 | -1): number {
  const levels = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8];
  const found = direction > 0 ? levels.find((l) => l > zoom * 1.01) : levels.filter((l) => l < zoom * 0.99).at(-1);
  return found ?? (direction > 0 ? maxZoom : minZoom);
}

/** Insets are the margins of the window that chrome covers. */
export interface Insets {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/** fitting shows a box as a whole in the middle of what is free, no larger than it is. */
export function fitting(box: Box, size: { w: number; h: number }, insets: Insets): View {
  const w = Math.max(1, size.w - insets.left - insets.right), h = Math.max(1, size.h - insets.top - insets.bottom);
  const zoom = Math.min(1, maxZoom, Math.max(minZoom, Math.min(w / Math.max(1, box.w), h / Math.max(1, box.h))));
  return {
    zoom,
    x: box.x + box.w / 2 - (insets.left + w / 2) / zoom,
    y: box.y + box.h / 2 - (insets.top + h / 2) / zoom,
  };
}
