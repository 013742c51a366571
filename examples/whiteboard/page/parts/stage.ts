// The two canvases of the board. The lower one holds the elements and is painted again only where something has changed; the upper one holds what one is working with:
// the selection and its handles. Both are painted at most once a frame.
import { type Board } from "./board.ts";
import { type Element, inkOf } from "./element.ts";
import { type Box, grown, touches, union } from "./geometry.ts";
import type { Grip } from "./handles.ts";
import type { Painter } from "./paint.ts";
import { shown, type View } from "./view.ts";

/** Marks are what is drawn over the elements, in board units. */
export interface Marks {
  /** Bodies of selected elements, each in a colour. */
  outlines: { box: Box; color: string; solo?: Element }[];
  /** The box around one's own selection. */
  frame: Box | undefined;
  grips: Grip[];
  marquee: Box | undefined;
}

export class Stage {
  private readonly low: CanvasRenderingContext2D;
  private readonly high: CanvasRenderingContext2D;
  private damage: Box[] | "all" | undefined = "all";
  private marked = true;
  private asked = 0;
  /** hidden is an element that something else shows at the moment: its text is being edited. */
  hidden: string | undefined;
  size = { w: 0, h: 0 };
  view: View = { x: 0, y: 0, zoom: 1 };
  /** How often the elements were painted, for tests. */
  frames = 0;

  constructor(
    private readonly place: HTMLElement,
    private readonly board: Board,
    private readonly painter: Painter,
    private readonly marks: () => Marks,
    private readonly colors: { accent: string; paper: string },
    private readonly viewed: (v: View) => void,
  ) {
    const [low, high] = place.querySelectorAll("canvas");
    this.low = low!.getContext("2d")!;
    this.high = high!.getContext("2d")!;
    board.on((_, damage) => {
      this.spoil(damage);
      this.remark();
    });
  }

  /** begin paints, and follows the size of its place. */
  begin(): void {
    new ResizeObserver(() => this.measure()).observe(this.place);
    this.measure();
  }

  /** spoil asks for elements to be painted again, all of them where no place is named. */
  spoil(where?: Box[]): void {
    if (!where || this.damage === "all") this.damage = "all";
    else this.damage = [...(this.damage ?? []), ...where];
    this.ask();
  }

  /** remark asks for the marks to be painted again. */
  remark(): void {
    this.marked = true;
    this.ask();
  }

  look(view: View): void {
    this.view = view;
    this.spoil();
    this.remark();
  }

  /** recolor takes new colours. */
  recolor(accent: string, paper: string): void {
    this.colors.accent = accent;
    this.colors.paper = paper;
    this.spoil();
    this.remark();
  }

  private ask(): void {
    if (this.size.w === 0) return; // begin paints all
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  private measure(): void {
    const { clientWidth: w, clientHeight: h } = this.place;
    const scale = devicePixelRatio;
    this.size = { w, h };
    for (const c of [this.low, this.high]) {
      c.canvas.width = Math.round(w * scale);
      c.canvas.height = Math.round(h * scale);
    }
    this.damage = "all";
    this.marked = true;
    this.paint(); // at once: a canvas that changes its size is empty
  }

  private paint(): void {
    const damage = this.damage;
    this.damage = undefined;
    if (damage) this.paintElements(damage);
    if (this.marked) this.paintMarks();
    this.marked = false;
    if (damage === "all") this.viewed(this.view);
  }

  private paintElements(damage: Box[] | "all"): void {
    const c = this.low;
    const window = shown(this.view, this.size);
    const spoiled = damage === "all" ? window : union(damage.filter((b) => touches(b, window)));
    if (!spoiled) return;
    this.frames++;
    const area = damage === "all" ? window : this.snap(grown(spoiled, 2 / this.view.zoom));
    c.save();
    this.aim(c);
    c.beginPath();
    c.rect(area.x, area.y, area.w, area.h);
    c.clip();
    c.clearRect(area.x, area.y, area.w, area.h);
    for (const [id, e] of this.board.all()) {
      if (id !== this.hidden && touches(inkOf(e), area)) this.painter.paint(c, e, this.view.zoom * devicePixelRatio);
    }
    c.restore();
  }

  /** snap widens a box to whole pixels, so that its edge leaves no seam. */
  private snap(b: Box): Box {
    const s = this.view.zoom * devicePixelRatio, { x, y } = this.view;
    const left = Math.floor((b.x - x) * s), top = Math.floor((b.y - y) * s);
    const right = Math.ceil((b.x + b.w - x) * s), bottom = Math.ceil((b.y + b.h - y) * s);
    return { x: left / s + x, y: top / s + y, w: (right - left) / s, h: (bottom - top) / s };
  }

  private aim(c: CanvasRenderingContext2D): void {
    const s = this.view.zoom * devicePixelRatio;
    c.setTransform(s, 0, 0, s, -this.view.x * s, -this.view.y * s);
  }

  private paintMarks(): void {
    const c = this.high, pixel = 1 / this.view.zoom;
    const { outlines, frame, grips, marquee } = this.marks();
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, c.canvas.width, c.canvas.height);
    this.aim(c);
    c.lineWidth = 1.5 * pixel;
    for (const { box, color, solo } of outlines) {
      c.strokeStyle = color;
      if (solo) {
        c.beginPath();
        c.moveTo(solo.x, solo.y);
        c.lineTo(solo.x + solo.w, solo.y + solo.h);
        c.stroke();
      } else c.strokeRect(box.x, box.y, box.w, box.h);
    }
    c.strokeStyle = this.colors.accent;
    if (frame) c.strokeRect(frame.x, frame.y, frame.w, frame.h);
    if (marquee) {
      c.globalAlpha = 0.1;
      c.fillStyle = this.colors.accent;
      c.fillRect(marquee.x, marquee.y, marquee.w, marquee.h);
      c.globalAlpha = 1;
      c.lineWidth = pixel;
      c.strokeRect(marquee.x, marquee.y, marquee.w, marquee.h);
    }
    c.lineWidth = 1.5 * pixel;
    c.fillStyle = this.colors.paper;
    for (const g of grips) {
      c.beginPath();
      if (g.handle === "start" || g.handle === "end") c.arc(g.x, g.y, 5.5 * pixel, 0, 2 * Math.PI);
      else c.roundRect(g.x - 4.5 * pixel, g.y - 4.5 * pixel, 9 * pixel, 9 * pixel, 2 * pixel);
      c.fill();
      c.stroke();
    }
  }
}
