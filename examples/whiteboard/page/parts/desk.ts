// What one person does at the board: tool, style and selection, and all that buttons and keys do. It knows nothing of the page.
import type { Board } from "./board.ts";
import { Edit } from "./edit.ts";
import { bodyOf, type Change, type Color, type Element, evenly, fitted, moved, newID, type Placed, reading } from "./element.ts";
import { type Box, center, type Point, tidy, union } from "./geometry.ts";
import { type Desk, type Style, sizeOf } from "./gestures.ts";
import { pulled } from "./handles.ts";
import { measure, noteSide, type Width } from "./letters.ts";
import { History } from "./undo.ts";

export const tools = ["select", "hand", "draw", "rect", "ellipse", "arrow", "line", "text", "note", "erase"] as const;
export type Tool = (typeof tools)[number];

/** Of these tools everybody may make use; the others change the board. */
export const harmless: readonly Tool[] = ["select", "hand"];

export interface Surroundings {
  /** put takes one's changes to the server; the board shows them already. */
  put(changes: Change[]): void;
  /** changed tells that tool, style, selection or what may be undone is another. */
  changed(): void;
  /** say tells those who listen what happened. */
  say(text: string): void;
  width: Width;
}

export class Workplace implements Desk {
  readonly history = new History();
  readonly style: Style = { color: "ink", step: 1, fill: false };
  tool: Tool = "hand";
  selection: ReadonlySet<string> = new Set();
  box: Box | undefined;
  pixel = 1;
  /** Whether one may draw. */
  editable = false;

  constructor(readonly board: Board, private readonly around: Surroundings) {
    board.on(() => this.weed());
  }

  /** weed takes elements that are gone out of the selection. */
  private weed(): void {
    const left = [...this.selection].filter((id) => this.board.get(id));
    if (left.length < this.selection.size) this.select(left);
  }

  take(tool: Tool): void {
    if (!this.editable && !harmless.includes(tool)) return;
    this.tool = tool;
    if (tool !== "select") this.selection = new Set();
    this.around.changed();
  }

  setEditable(editable: boolean): void {
    if (editable !== this.editable) this.tool = editable ? "select" : "hand"; // who only looks moves the view
    this.editable = editable;
    this.around.changed();
  }

  select(ids: Iterable<string>): void {
    const next = new Set(ids);
    if (next.size === this.selection.size && [...next].every((id) => this.selection.has(id))) return;
    this.selection = next;
    this.around.changed();
  }

  selectAll(): void {
    this.take("select");
    this.select(this.board.all().map(([id]) => id));
    this.around.say(count(this.selection.size, "selected"));
  }

  /** toggle adds an element to the selection, or takes it out. */
  toggle(id: string): void {
    const next = new Set(this.selection);
    if (!next.delete(id)) next.add(id);
    this.select(next);
  }

  /** step selects the next element in reading order, or the one before, and returns it; undefined past the end. */
  step(direction: 1 | -1): Placed | undefined {
    const all = reading(this.board.all());
    const at = all.findIndex(([id]) => this.selection.has(id));
    const next = at < 0 ? (direction > 0 ? 0 : all.length - 1) : at + direction;
    const found = all[next];
    this.select(found ? [found[0]] : []);
    return found;
  }

  /** selected are the elements of the selection, from the lowest to the uppermost. */
  selected(): Placed[] {
    return this.board.all().filter(([id]) => this.selection.has(id));
  }

  /** frame is the box around the selection. */
  frame(): Box | undefined {
    return union(this.selected().map(([, e]) => bodyOf(e)));
  }

  edit(): Edit {
    return new Edit(this.board, this.history, (changes) => this.put(changes));
  }

  private put(changes: Change[]): void {
    this.board.draft(changes);
    this.around.put(changes);
  }

  marquee(box: Box | undefined): void {
    this.box = box;
    this.around.changed();
  }

  made(id: string): void {
    this.take("select");
    this.select([id]);
  }

  /** act makes changes that are one step of undo. */
  act(changes: Change[]): void {
    if (!this.editable || changes.length === 0) return;
    const edit = this.edit();
    edit.set(changes);
    edit.commit();
    this.around.changed();
  }

  private alter(how: (e: Element) => Element): void {
    this.act(this.selected().map(([id, e]) => ({ id, element: how(e) })));
  }

  nudge(dx: number, dy: number): void {
    this.alter((e) => moved(e, dx, dy));
  }

  /** grow pulls the lower right corner of the selection. */
  grow(dx: number, dy: number): void {
    const frame = this.frame();
    if (!frame) return;
    const even = this.selected().some(([, e]) => evenly(e));
    const to = pulled(frame, "se", { x: frame.x + frame.w + dx, y: frame.y + frame.h + dy }, even);
    this.alter((e) => fitted(e, frame, to));
  }

  remove(): void {
    const ids = [...this.selection];
    if (!this.editable || ids.length === 0) return;
    this.act(ids.map((id) => ({ id, element: null })));
    this.around.say(count(ids.length, "deleted"));
  }

  duplicate(): void {
    this.add(this.selected().map(([, e]) => moved(e, 24, 24)));
  }

  /** add puts copies of elements on top and selects them. */
  add(elements: Element[]): void {
    if (!this.editable || elements.length === 0) return;
    const top = this.board.top;
    const fresh = elements.map(({ by: _, ...e }, i) => ({ id: newID(), element: { ...e, z: top + i } }));
    this.act(fresh);
    this.take("select");
    this.select(fresh.map(({ id }) => id));
  }

  /** raise brings the selection above everything, or below. */
  raise(up: boolean): void {
    const chosen = this.selected();
    const from = up ? this.board.top : this.board.bottom - chosen.length + 1;
    this.act(chosen.map(([id, e], i) => ({ id, element: { ...e, z: from + i } })));
  }

  setColor(color: Color): void {
    this.style.color = color;
    this.alter((e) => ({ ...e, color }));
    this.around.changed();
  }

  setStep(step: number): void {
    this.style.step = step;
    this.alter((e) => this.resized({ ...e, size: sizeOf(e.kind, step) }));
    this.around.changed();
  }

  private resized(e: Element): Element {
    return e.kind === "text" ? { ...e, ...measure(e.text ?? "", e.size, this.around.width) } : e;
  }

  setFill(fill: boolean): void {
    this.style.fill = fill;
    this.alter(({ fill: _, ...e }) => (fill && (e.kind === "rect" || e.kind === "ellipse") ? { ...e, fill } : e));
    this.around.changed();
  }

  undo(): void {
    this.back(this.history.undo((id) => this.board.get(id)), "Undone");
  }

  redo(): void {
    this.back(this.history.redo((id) => this.board.get(id)), "Done again");
  }

  private back(changes: Change[] | undefined, what: string): void {
    if (!this.editable || !changes) return;
    this.put(changes);
    this.around.changed();
    this.around.say(what);
  }

  /** write sets an element's text as one step of undo; text elements without text are deleted. */
  write(id: string, e: Element, text: string): void {
    if (e.kind === "text" && text.trim() === "") {
      if (this.board.get(id)) this.act([{ id, element: null }]);
      return;
    }
    const { text: _, ...rest } = e;
    this.act([{ id, element: this.resized(text ? { ...rest, text } : rest) }]);
  }

  /** fresh is a new text or note with its middle, or its beginning, at a point. */
  fresh(kind: "text" | "note", at: Point): Element {
    const size = sizeOf(kind, this.style.step);
    const color = kind === "note" && this.style.color === "ink" ? "yellow" : this.style.color;
    const side = noteSide;
    const box = kind === "note" ? { x: at.x - side / 2, y: at.y - side / 2, w: side, h: side } : { x: at.x, y: at.y - size * 0.65, ...measure("", size, this.around.width) };
    return { kind, x: tidy(box.x), y: tidy(box.y), w: box.w, h: box.h, z: this.board.top, color, size };
  }

  /** place puts an image's frame around a point. */
  place(file: Uint8Array, size: { w: number; h: number }, at: Point, room: { w: number; h: number }): void {
    const scale = Math.min(1, (0.6 * room.w) / size.w, (0.6 * room.h) / size.h);
    const w = tidy(size.w * scale), h = tidy(size.h * scale);
    this.add([{ kind: "image", x: tidy(at.x - w / 2), y: tidy(at.y - h / 2), w, h, z: 0, color: "ink", size: 1, image: file }]);
  }

  /** copies are the selection as it would be pasted, counted from the middle of the frame. */
  copies(): Element[] {
    const frame = this.frame();
    return frame ? this.selected().map(([, e]) => moved(e, -center(frame).x, -center(frame).y)) : [];
  }
}

export const count = (n: number, what: string): string => `${n === 1 ? "1 element" : `${n} elements`} ${what}`;
