// Draws elements on a canvas. What an element needs is worked out once and kept as long as the element is the same.
import { getStroke } from "perfect-freehand";
import { type Color, type Element } from "./element.ts";
import { center, normal } from "./geometry.ts";
import { dots } from "./hit.ts";
import { font, layout, type Layout, lineHeight, notePadding, type Width } from "./letters.ts";
import type { Pictures } from "./pictures.ts";

/** Inks are the colours as CSS says them now. */
export interface Inks {
  line: Record<Color, string>;
  fill: Record<Color, string>;
  note: Record<Color, string>;
  noteText: string;
  empty: string;
  shadow: string;
}

type Context = CanvasRenderingContext2D;

export class Painter {
  private readonly strokes = new WeakMap<Uint8Array, Map<number, Path2D>>();
  private readonly layouts = new WeakMap<Element, Layout>();
  private readonly ruler: Context;

  constructor(public inks: Inks, private readonly pictures: Pictures) {
    this.ruler = document.createElement("canvas").getContext("2d")!;
  }

  /** width measures text as the canvas will draw it. */
  readonly width: Width = (text, size) => {
    this.ruler.font = font(100); // widths are taken at one size: browsers keep its letters
    return (this.ruler.measureText(text).width * size) / 100;
  };

  /** paint draws one element; the context stands in board units. detail is the zoom: what can't be seen is left out. */
  paint(c: Context, e: Element, detail: number): void {
    if (Math.max(Math.abs(e.w), Math.abs(e.h)) * detail < 1.5 && e.kind !== "draw") return this.speck(c, e);
    switch (e.kind) {
      case "draw": return this.stroke(c, e);
      case "rect": case "ellipse": return this.shape(c, e);
      case "line": case "arrow": return this.line(c, e);
      case "text": return this.text(c, e, detail);
      case "note": return this.note(c, e, detail);
      case "image": return this.image(c, e);
    }
  }

  private speck(c: Context, e: Element): void {
    c.fillStyle = this.inks.line[e.color];
    c.fillRect(e.x, e.y, Math.max(1, Math.abs(e.w)), Math.max(1, Math.abs(e.h)));
  }

  private stroke(c: Context, e: Element): void {
    if (!e.points) return;
    c.save();
    c.translate(e.x, e.y);
    c.fillStyle = this.inks.line[e.color];
    c.fill(this.outline(e, e.points));
    c.restore();
  }

  private outline(e: Element, points: Uint8Array): Path2D {
    let bySize = this.strokes.get(points);
    if (!bySize) this.strokes.set(points, (bySize = new Map()));
    let path = bySize.get(e.size);
    if (!path) bySize.set(e.size, (path = outlineOf(e)));
    return path;
  }

  private shape(c: Context, e: Element): void {
    const b = normal(e);
    c.beginPath();
    if (e.kind === "ellipse") c.ellipse(center(b).x, center(b).y, b.w / 2, b.h / 2, 0, 0, 2 * Math.PI);
    else c.roundRect(b.x, b.y, b.w, b.h, Math.min(b.w / 4, b.h / 4, 10));
    if (e.fill) {
      c.fillStyle = this.inks.fill[e.color];
      c.fill();
    }
    this.pen(c, e);
    c.stroke();
  }

  private pen(c: Context, e: Element): void {
    c.strokeStyle = this.inks.line[e.color];
    c.lineWidth = e.size;
    c.lineCap = c.lineJoin = "round";
  }

  private line(c: Context, e: Element): void {
    const [x, y] = [e.x + e.w, e.y + e.h];
    this.pen(c, e);
    c.beginPath();
    c.moveTo(e.x, e.y);
    c.lineTo(x, y);
    const length = Math.hypot(e.w, e.h);
    if (e.kind === "arrow" && length > 0) {
      const head = Math.min(length / 2, 10 + 2.4 * e.size), angle = Math.atan2(e.h, e.w);
      for (const side of [-0.5, 0.5]) {
        c.moveTo(x, y);
        c.lineTo(x - head * Math.cos(angle + side), y - head * Math.sin(angle + side));
      }
    }
    c.stroke();
  }

  private text(c: Context, e: Element, detail: number): void {
    c.fillStyle = this.inks.line[e.color];
    this.letters(c, e, e.x, e.y, "left", detail);
  }

  private note(c: Context, e: Element, detail: number): void {
    c.save();
    c.shadowColor = this.inks.shadow;
    c.shadowBlur = 14 * detail; // shadows don't follow the transformation
    c.shadowOffsetY = 5 * detail;
    c.fillStyle = this.inks.note[e.color];
    c.beginPath();
    c.roundRect(e.x, e.y, e.w, e.h, 6);
    c.fill();
    c.restore();
    const { lines, size } = this.laidOut(e);
    c.fillStyle = this.inks.noteText;
    this.letters(c, e, e.x + e.w / 2, e.y + Math.max(notePadding, (e.h - lines.length * size * lineHeight) / 2), "center", detail);
  }

  private letters(c: Context, e: Element, x: number, y: number, align: CanvasTextAlign, detail: number): void {
    const { lines, size } = this.laidOut(e);
    if (size * detail < 2.5) return; // unreadable: not worth the time
    c.font = font(size);
    c.textAlign = align;
    c.textBaseline = "middle";
    lines.forEach((line, i) => c.fillText(line, x, y + (i + 0.5) * size * lineHeight));
  }

  private laidOut(e: Element): Layout {
    let l = this.layouts.get(e);
    if (!l) this.layouts.set(e, (l = layout(e, this.width)));
    return l;
  }

  private image(c: Context, e: Element): void {
    const picture = e.image && this.pictures.get(e.image);
    c.save();
    c.beginPath();
    c.roundRect(e.x, e.y, e.w, e.h, 4);
    c.clip();
    c.imageSmoothingQuality = "high";
    if (picture) c.drawImage(picture, e.x, e.y, e.w, e.h);
    else {
      c.fillStyle = this.inks.empty;
      c.fillRect(e.x, e.y, e.w, e.h);
    }
    c.restore();
  }
}

/** outlineOf turns a stroke's points into the outline that the pen leaves, counted from the stroke's corner. */
function outlineOf(e: Element): Path2D {
  const path = new Path2D();
  const points = dots(e).map((d) => [d.x, d.y, d.pressure]);
  const simulatePressure = points.every((p) => Math.abs(p[2]! - 0.5) < 0.01);
  const rim = getStroke(points, { size: e.size * 1.5, thinning: 0.5, smoothing: 0.55, streamline: 0.4, simulatePressure, last: true });
  if (rim.length < 3) {
    const p = points[0] ?? [0, 0];
    path.arc(p[0]!, p[1]!, e.size / 2, 0, 2 * Math.PI);
    return path;
  }
  const middle = (i: number): [number, number] => {
    const a = rim[i % rim.length]!, b = rim[(i + 1) % rim.length]!;
    return [(a[0]! + b[0]!) / 2, (a[1]! + b[1]!) / 2];
  };
  path.moveTo(...middle(rim.length - 1));
  rim.forEach((p, i) => path.quadraticCurveTo(p[0]!, p[1]!, ...middle(i)));
  path.closePath();
  return path;
}
