// What a pointer does between down and up, for each tool. Gestures work on a Desk and on points of the board, and know nothing of the page.
import type { Board } from "./board.ts";
import { type Color, type Element, evenly, fitted, type Kind, moved, newID, type Placed } from "./element.ts";
import type { Edit } from "./edit.ts";
import { type Box, boxOf, type Point, tidy } from "./geometry.ts";
import { type Handle, pulled } from "./handles.ts";
import { caught, hit } from "./hit.ts";
import { type Dot, frame, maxDots, pack } from "./stroke.ts";

/** Style is what new elements look like. step goes from 0, the finest, to 3. */
export interface Style {
  color: Color;
  step: number;
  fill: boolean;
}

export const pens = [2.5, 5, 9, 16] as const;
export const letters = [18, 24, 36, 56] as const;

/** sizeOf is an element's size at a step. */
export const sizeOf = (kind: Kind, step: number): number => (kind === "text" || kind === "note" ? letters : pens)[Math.min(3, Math.max(0, step))]!;

/** Desk is what gestures work on. */
export interface Desk {
  readonly board: Board;
  readonly style: Style;
  /** How long a pixel is on the board. */
  readonly pixel: number;
  readonly selection: ReadonlySet<string>;
  select(ids: Iterable<string>): void;
  edit(): Edit;
  /** marquee shows a box that selects, or none. */
  marquee(box: Box | undefined): void;
  /** made tells that an element is finished. */
  made(id: string): void;
}

export interface Input extends Point {
  pressure: number;
  shift: boolean;
}

export interface Gesture {
  /** move goes to a point. before is the way there, where the browser knows it more finely. */
  move(p: Input, before?: readonly Input[]): void;
  end(): void;
  cancel(): void;
}

/** Pen draws a stroke, or several where one would be too long. */
export class Pen implements Gesture {
  private dots: Dot[];
  private id = newID();
  private readonly edit: Edit;

  constructor(private readonly desk: Desk, start: Input) {
    this.edit = desk.edit();
    this.dots = [dot(start)];
    this.show();
  }

  move(p: Input, before: readonly Input[] = []): void {
    const known = this.dots.length;
    for (const next of [...before, p]) {
      const last = this.dots.at(-1)!;
      if (Math.hypot(next.x - last.x, next.y - last.y) >= this.desk.pixel) this.dots.push(dot(next));
    }
    if (this.dots.length === known) return;
    this.show();
    if (this.dots.length >= maxDots - 100) {
      this.id = newID();
      this.dots = [dot(p)];
    }
  }

  end(): void {
    this.edit.commit();
  }

  cancel(): void {
    this.edit.cancel();
  }

  private show(): void {
    const { box, dots } = frame(this.dots);
    const points = pack(dots);
    const old = this.desk.board.get(this.id);
    const { color, step } = this.desk.style;
    const at = { x: tidy(box.x), y: tidy(box.y), w: tidy(box.w), h: tidy(box.h) };
    this.edit.set([{ id: this.id, element: { kind: "draw", ...at, z: old?.z ?? this.desk.board.top, color, size: sizeOf("draw", step), points } }]);
  }
}

const dot = (p: Input): Dot => ({ x: p.x, y: p.y, pressure: p.pressure });

/** Shape draws a shape, a line or an arrow from corner to corner; a click makes one of a usual size. */
export class Shape implements Gesture {
  private readonly id = newID();
  private readonly edit: Edit;
  private shown = false;

  constructor(private readonly desk: Desk, private readonly kind: "rect" | "ellipse" | "line" | "arrow", private readonly start: Input) {
    this.edit = desk.edit();
  }

  move(p: Input): void {
    if (!this.shown && Math.hypot(p.x - this.start.x, p.y - this.start.y) < 4 * this.desk.pixel) return;
    this.show(this.kind === "line" || this.kind === "arrow" ? straight(this.start, p, p.shift) : square(this.start, p, p.shift));
  }

  end(): void {
    if (!this.shown) this.show(this.usual());
    this.edit.commit();
    this.desk.made(this.id);
  }

  cancel(): void {
    this.edit.cancel();
  }

  private usual(): Box {
    const { x, y } = this.start;
    return this.kind === "line" || this.kind === "arrow" ? { x: x - 60, y: y + 40, w: 120, h: -80 } : { x: x - 80, y: y - 60, w: 160, h: 120 };
  }

  private show(b: Box): void {
    this.shown = true;
    const { color, step, fill } = this.desk.style;
    const z = this.desk.board.get(this.id)?.z ?? this.desk.board.top;
    const element: Element = { kind: this.kind, x: tidy(b.x), y: tidy(b.y), w: tidy(b.w), h: tidy(b.h), z, color, size: sizeOf(this.kind, step) };
    this.edit.set([{ id: this.id, element: fill && (this.kind === "rect" || this.kind === "ellipse") ? { ...element, fill } : element }]);
  }
}

/** straight is the way from one point to another, at a multiple of 15° where it snaps. */
export function straight(a: Point, b: Point, snaps: boolean): Box {
  if (!snaps) return { x: a.x, y: a.y, w: b.x - a.x, h: b.y - a.y };
  const step = Math.PI / 12;
  const angle = Math.round(Math.atan2(b.y - a.y, b.x - a.x) / step) * step;
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  return { x: a.x, y: a.y, w: length * Math.cos(angle), h: length * Math.sin(angle) };
}

function square(a: Point, b: Point, even: boolean): Box {
  if (!even) return boxOf(a, b);
  const side = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y));
  return boxOf(a, { x: a.x + Math.sign(b.x - a.x || 1) * side, y: a.y + Math.sign(b.y - a.y || 1) * side });
}

/** Move takes the selection along. With shift it goes straight across or straight down. */
export class Move implements Gesture {
  private readonly edit: Edit;
  private readonly originals: Placed[];
  private started = false;

  constructor(private readonly desk: Desk, private readonly start: Input) {
    this.edit = desk.edit();
    this.originals = placed(desk);
  }

  move(p: Input): void {
    let dx = p.x - this.start.x, dy = p.y - this.start.y;
    if (!this.started && Math.hypot(dx, dy) < 3 * this.desk.pixel) return;
    this.started = true;
    if (p.shift && Math.abs(dx) > Math.abs(dy)) dy = 0;
    else if (p.shift) dx = 0;
    this.edit.set(this.originals.map(([id, e]) => ({ id, element: moved(e, dx, dy) })));
  }

  end(): void {
    this.edit.commit();
  }

  cancel(): void {
    this.edit.cancel();
  }
}

const placed = (desk: Desk): Placed[] => [...desk.selection].flatMap((id) => {
  const e = desk.board.get(id);
  return e ? [[id, e] as Placed] : [];
});

/** Resize pulls the selection's box, or one end of a line. */
export class Resize implements Gesture {
  private readonly edit: Edit;
  private readonly originals: Placed[];

  constructor(desk: Desk, private readonly box: Box, private readonly handle: Handle) {
    this.edit = desk.edit();
    this.originals = placed(desk);
  }

  move(p: Input): void {
    if (this.handle === "start" || this.handle === "end") return this.moveEnd(this.handle, p);
    const even = p.shift || this.originals.some(([, e]) => evenly(e));
    const to = pulled(this.box, this.handle, p, even);
    this.edit.set(this.originals.map(([id, e]) => ({ id, element: fitted(e, this.box, to) })));
  }

  end(): void {
    this.edit.commit();
  }

  cancel(): void {
    this.edit.cancel();
  }

  private moveEnd(which: "start" | "end", p: Input): void {
    const [id, e] = this.originals[0]!;
    const far = which === "end" ? { x: e.x, y: e.y } : { x: e.x + e.w, y: e.y + e.h };
    const b = straight(far, p, p.shift);
    const at = which === "end" ? b : { x: b.x + b.w, y: b.y + b.h, w: -b.w, h: -b.h };
    this.edit.set([{ id, element: { ...e, x: tidy(at.x), y: tidy(at.y), w: tidy(at.w), h: tidy(at.h) } }]);
  }
}

/** Marquee selects what a box takes; with shift besides what was selected. */
export class Marquee implements Gesture {
  private readonly before: ReadonlySet<string>;

  constructor(private readonly desk: Desk, private readonly start: Input) {
    this.before = new Set(start.shift ? desk.selection : []);
    if (!start.shift) desk.select([]);
  }

  move(p: Input): void {
    const box = boxOf(this.start, p);
    this.desk.marquee(box);
    this.desk.select([...this.before, ...caught(this.desk.board.all(), box)]);
  }

  end(): void {
    this.desk.marquee(undefined);
  }

  cancel(): void {
    this.desk.marquee(undefined);
    this.desk.select(this.before);
  }
}

/** Eraser deletes what the pointer goes over. */
export class Eraser implements Gesture {
  private readonly edit: Edit;
  private last: Point;

  constructor(private readonly desk: Desk, start: Input) {
    this.edit = desk.edit();
    this.last = start;
    this.move(start);
  }

  move(p: Input, before: readonly Input[] = []): void {
    for (const next of [...before, p]) this.rub(next);
  }

  private rub(p: Input): void {
    const far = Math.max(1, Math.ceil(Math.hypot(p.x - this.last.x, p.y - this.last.y) / (4 * this.desk.pixel)));
    const gone = new Set<string>();
    for (let i = 1; i <= far; i++) {
      const at = { x: this.last.x + ((p.x - this.last.x) * i) / far, y: this.last.y + ((p.y - this.last.y) * i) / far };
      for (const [id, e] of this.desk.board.all()) if (hit(e, at, 6 * this.desk.pixel)) gone.add(id);
    }
    this.last = p;
    if (gone.size > 0) this.edit.set([...gone].map((id) => ({ id, element: null })));
  }

  end(): void {
    this.edit.commit();
  }

  cancel(): void {
    this.edit.cancel();
  }
}

