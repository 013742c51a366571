// Pointers, wheels and pinches on the board become gestures, or move the view.
import type { Workplace } from "./desk.ts";
import { ends } from "./element.ts";
import { type Box, type Point } from "./geometry.ts";
import { Eraser, type Gesture, type Input, Marquee, Move, Pen, Resize, Shape } from "./gestures.ts";
import { cursorOf, edgeAt, gripAt, gripsOf, type Handle } from "./handles.ts";
import { topmost } from "./hit.ts";
import { panned, toBoard, type View, zoomed } from "./view.ts";

export interface Surface {
  view: View;
  look(view: View): void;
  /** write begins to edit a text: that of an element, or a new one at a point. */
  write(what: { id: string } | { kind: "text" | "note"; at: Point }): void;
  /** pointed tells where the pointer is, or that it has left. */
  pointed(at: Point | undefined): void;
  /** touched tells that a hand is on the board. */
  touched(): void;
}

export class Hands {
  private readonly down = new Map<number, Point>();
  private gesture: Gesture | undefined;
  private pinch: { far: number; middle: Point } | undefined;
  private panning = false;
  private space = false;
  private last: Point = { x: 0, y: 0 };

  constructor(private readonly place: HTMLElement, private readonly desk: Workplace, private readonly surface: Surface) {
    place.addEventListener("pointerdown", (e) => this.press(e));
    place.addEventListener("pointermove", (e) => this.move(e));
    place.addEventListener("pointerup", (e) => this.release(e, true));
    place.addEventListener("pointercancel", (e) => this.release(e, false));
    place.addEventListener("pointerleave", () => surface.pointed(undefined));
    place.addEventListener("dblclick", (e) => this.twice(e));
    place.addEventListener("mousedown", (e) => this.inField(e) || e.preventDefault()); // which would move the focus
    place.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    place.addEventListener("contextmenu", (e) => e.preventDefault());
  }

  /** busy tells whether a gesture is under way. */
  get busy(): boolean {
    return this.gesture !== undefined || this.panning;
  }

  /** cancel takes back what is under way, and tells whether anything was. */
  cancel(): boolean {
    const busy = this.gesture !== undefined;
    this.gesture?.cancel();
    this.gesture = undefined;
    return busy;
  }

  /** hold lets the pointer move the view as long as the space bar is down. */
  hold(space: boolean): void {
    this.space = space;
    this.showCursor();
  }

  /** pointer is where the pointer was last, in the window. */
  get pointer(): Point {
    return this.last;
  }

  private press(e: PointerEvent): void {
    if (this.inField(e)) return;
    this.surface.touched();
    this.place.setPointerCapture(e.pointerId);
    this.down.set(e.pointerId, this.at(e));
    this.last = this.at(e);
    if (this.down.size === 2) return this.beginPinch();
    if (this.down.size > 2) return;
    this.panning = this.space || e.button === 1 || this.desk.tool === "hand";
    if (this.panning) return this.showCursor();
    if (e.button === 0) this.begin(this.input(e));
  }

  private inField(e: Event): boolean {
    return (e.target as HTMLElement).closest("textarea") !== null;
  }

  private begin(p: Input): void {
    const { desk } = this;
    switch (desk.tool) {
      case "select": return this.beginSelect(p);
      case "draw": this.gesture = new Pen(desk, p); return;
      case "rect": case "ellipse": case "line": case "arrow": this.gesture = new Shape(desk, desk.tool, p); return;
      case "erase": this.gesture = new Eraser(desk, p); return;
      case "text": case "note": return this.write(desk.tool, p);
      case "hand": return;
    }
  }

  /** write begins a new text, or goes on with the one that is there. */
  private write(kind: "text" | "note", p: Input): void {
    const found = topmost(this.desk.board.all(), p, 0);
    this.surface.write(found?.[1].kind === kind ? { id: found[0] } : { kind, at: p });
  }

  private beginSelect(p: Input): void {
    const { desk } = this;
    const grip = this.gripUnder(p);
    if (grip) {
      this.gesture = new Resize(desk, desk.frame()!, grip);
      return;
    }
    const found = topmost(desk.board.all(), p, this.slack);
    if (!found) {
      const frame = desk.frame();
      const inside = frame && !p.shift && desk.editable && desk.selection.size > 1 && p.x > frame.x && p.y > frame.y && p.x < frame.x + frame.w && p.y < frame.y + frame.h;
      this.gesture = inside ? new Move(desk, p) : new Marquee(desk, p);
      return;
    }
    if (p.shift) return desk.toggle(found[0]);
    if (!desk.selection.has(found[0])) desk.select([found[0]]);
    if (desk.editable) this.gesture = new Move(desk, p);
  }

  private get slack(): number {
    return 6 * this.desk.pixel;
  }

  private gripUnder(p: Point): Handle | undefined {
    const { desk } = this;
    const frame = desk.editable ? desk.frame() : undefined;
    if (!frame) return undefined;
    const only = desk.selection.size === 1 ? desk.selected()[0]?.[1] : undefined;
    const reach = 10 * desk.pixel;
    return gripAt(gripsOf(frame, only), p, reach)?.handle ?? (only && ends(only) ? undefined : this.edgeUnder(frame, p));
  }

  private edgeUnder(frame: Box, p: Point): Handle | undefined {
    const roomy = Math.min(frame.w, frame.h) > 24 * this.desk.pixel; // small ones are moved, not pulled
    return roomy ? edgeAt(frame, p, 4 * this.desk.pixel) : undefined;
  }

  private move(e: PointerEvent): void {
    const from = this.down.get(e.pointerId);
    const at = this.at(e);
    this.last = at;
    this.surface.pointed(toBoard(this.surface.view, at));
    if (!from) return this.showCursor(this.input(e));
    this.down.set(e.pointerId, at);
    if (this.pinch) return this.movePinch();
    if (this.panning) return this.surface.look(panned(this.surface.view, at.x - from.x, at.y - from.y));
    if (!this.gesture) return;
    const before = e.getCoalescedEvents?.().slice(0, -1) ?? [];
    this.gesture.move(this.input(e), before.map((one) => this.input(one)));
  }

  private release(e: PointerEvent, ended: boolean): void {
    if (!this.down.delete(e.pointerId)) return;
    if (this.down.size < 2) this.pinch = undefined;
    if (this.down.size > 0) return;
    if (ended) this.gesture?.end();
    else this.gesture?.cancel();
    this.gesture = undefined;
    this.panning = false;
    this.showCursor();
  }

  private beginPinch(): void {
    this.cancel(); // the first finger has begun something else
    this.panning = false;
    this.pinch = this.spread();
  }

  private movePinch(): void {
    const now = this.spread(), before = this.pinch!;
    this.pinch = now;
    const view = panned(this.surface.view, now.middle.x - before.middle.x, now.middle.y - before.middle.y);
    this.surface.look(zoomed(view, view.zoom * (now.far / before.far), now.middle));
  }

  private spread(): { far: number; middle: Point } {
    const [a, b] = [...this.down.values()];
    return { far: Math.max(1, Math.hypot(a!.x - b!.x, a!.y - b!.y)), middle: { x: (a!.x + b!.x) / 2, y: (a!.y + b!.y) / 2 } };
  }

  private twice(e: MouseEvent): void {
    if (this.desk.tool !== "select" || !this.desk.editable || this.inField(e)) return;
    const p = toBoard(this.surface.view, this.at(e));
    const found = topmost(this.desk.board.all(), p, this.slack);
    if (!found) return this.surface.write({ kind: "text", at: p });
    if (found[1].kind === "text" || found[1].kind === "note") this.surface.write({ id: found[0] });
  }

  /** wheel pans; with Ctrl, as touchpads send for a pinch, it zooms. */
  private wheel(e: WheelEvent): void {
    e.preventDefault();
    const { view } = this.surface;
    const lines = e.deltaMode === 1 ? 20 : e.deltaMode === 2 ? 400 : 1;
    if (e.ctrlKey || e.metaKey) {
      const by = Math.max(-60, Math.min(60, e.deltaY * lines));
      return this.surface.look(zoomed(view, view.zoom * Math.exp(-by / 120), this.at(e)));
    }
    const [dx, dy] = e.shiftKey && !e.deltaX ? [e.deltaY, 0] : [e.deltaX, e.deltaY];
    this.surface.look(panned(view, -dx * lines, -dy * lines));
  }

  private at(e: MouseEvent): Point {
    const r = this.place.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  }

  private input(e: PointerEvent): Input {
    return { ...toBoard(this.surface.view, this.at(e)), pressure: e.pointerType === "pen" ? e.pressure : 0.5, shift: e.shiftKey };
  }

  private showCursor(p?: Input): void {
    this.place.style.cursor = this.cursorFor(p);
  }

  private cursorFor(p?: Input): string {
    if (this.panning) return "grabbing";
    if (this.space || this.desk.tool === "hand") return "grab";
    if (this.desk.tool === "text") return "text";
    if (this.desk.tool !== "select") return "crosshair";
    if (!p || this.gesture) return "default";
    const grip = this.gripUnder(p);
    if (grip) return cursorOf[grip];
    return topmost(this.desk.board.all(), p, this.slack) ? (this.desk.editable ? "move" : "pointer") : "default";
  }
}
