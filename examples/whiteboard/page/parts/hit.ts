// What lies under a point or in a box.
import { type Element, ends, type Placed } from "./element.ts";
import { type Box, distance, grown, has, holds, normal, type Point, touches } from "./geometry.ts";
import { type Dot, unpack } from "./stroke.ts";

const dotsOf = new WeakMap<Uint8Array, Dot[]>();

/** dots are the points of a stroke, counted from its corner; unpacked once. */
export function dots(e: Element): Dot[] {
  if (!e.points) return [];
  let d = dotsOf.get(e.points);
  if (!d) dotsOf.set(e.points, (d = unpack(e.points)));
  return d;
}

/** hit tells whether a point is on an element, or no further from it than slack. Shapes that aren't filled are hit at their edge, and near their text. */
export function hit(e: Element, p: Point, slack: number): boolean {
  const body = normal(e);
  const reach = slack + (e.kind === "text" ? 0 : e.size / 2);
  if (!has(grown(body, reach), p)) return false;
  const segment = ends(e);
  if (segment) return distance(p, ...segment) <= reach;
  if (e.kind === "draw") return onStroke(e, p, reach);
  if (e.fill || (e.kind !== "rect" && e.kind !== "ellipse")) return e.kind !== "ellipse" || insideEllipse(grown(body, reach), p);
  if (e.kind === "ellipse") return insideEllipse(grown(body, reach), p) && !insideEllipse(grown(body, -reach), p);
  return !has(grown(body, -reach), p);
}

function onStroke(e: Element, p: Point, reach: number): boolean {
  const path = dots(e);
  const at = { x: p.x - e.x, y: p.y - e.y };
  return path.some((d, i) => distance(at, path[Math.max(0, i - 1)]!, d) <= reach);
}

function insideEllipse(b: Box, p: Point): boolean {
  if (b.w <= 0 || b.h <= 0) return false;
  return ((p.x - b.x) / b.w - 0.5) ** 2 + ((p.y - b.y) / b.h - 0.5) ** 2 <= 0.25;
}

/** topmost is the uppermost element under a point. Elements come from below to above. */
export function topmost(elements: readonly Placed[], p: Point, slack: number): Placed | undefined {
  for (let i = elements.length - 1; i >= 0; i--) if (hit(elements[i]![1], p, slack)) return elements[i];
  return undefined;
}

/** caught are the elements that a marquee takes: large ones when they are all in it, strokes and lines when it touches them. */
export function caught(elements: readonly Placed[], box: Box): string[] {
  return elements.filter(([, e]) => holds(box, normal(e)) || (touches(box, normal(e)) && crossed(e, box))).map(([id]) => id);
}

function crossed(e: Element, box: Box): boolean {
  const segment = ends(e);
  if (segment) return steps(...segment).some((p) => has(box, p));
  if (e.kind === "draw") return dots(e).some((d) => has(box, { x: d.x + e.x, y: d.y + e.y }));
  return e.kind === "note" || e.kind === "text" || e.kind === "image" || Boolean(e.fill);
}

const steps = (a: Point, b: Point): Point[] => Array.from({ length: 33 }, (_, i) => ({ x: a.x + ((b.x - a.x) * i) / 32, y: a.y + ((b.y - a.y) * i) / 32 }));
