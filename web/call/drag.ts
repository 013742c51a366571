/** Moving and sizing a tile: with the pointer, and with keys. */
import { nudge, park, type Place, placeAt, type Size, widthOf } from "./move.ts";

/** Dragged less than this, px, it was a click. */
const slack = 4;
const step = 24, leap = 120;
const growth = 1.2;

/** Movable makes a tile movable within a layer. */
export class Movable {
  private place: Place | undefined; // undefined: in its dock
  private width: number | undefined;

  constructor(private readonly tile: HTMLElement, private readonly layer: HTMLElement, private readonly moved: () => void) {
    tile.addEventListener("pointerdown", (e) => this.grab(e));
    tile.addEventListener("keydown", (e) => this.key(e));
    tile.addEventListener("dblclick", () => this.enlarge());
  }

  /** free tells whether the tile has left its dock, or its size. */
  get free(): boolean { return this.place !== undefined || this.width !== undefined || this.tile.classList.contains("big"); }

  /** dock puts it back. */
  dock(): void {
    this.place = this.width = undefined;
    this.tile.classList.remove("free", "west", "big");
    for (const p of ["--x", "--y", "--w", "--h"]) this.tile.style.removeProperty(p);
    this.moved();
  }

  enlarge(): void {
    const big = this.tile.classList.toggle("big");
    if (big) this.tile.style.removeProperty("--w");
    else if (this.width) this.tile.style.setProperty("--w", `${this.width}px`);
    this.show();
  }

  private grab(e: PointerEvent): void {
    if (e.button !== 0 || !e.isPrimary) return;
    const sizing = (e.target as Element).closest(".grip") !== null;
    const before = this.tile.getBoundingClientRect();
    let begun = false;
    this.tile.setPointerCapture(e.pointerId); // a quick hand is outside before the first move is told
    const move = (m: PointerEvent): void => {
      const dx = m.clientX - e.clientX, dy = m.clientY - e.clientY;
      if (!begun && Math.hypot(dx, dy) < slack) return;
      begun = true;
      this.tile.classList.add("held");
      if (sizing) this.size(before.width + (this.tile.classList.contains("west") ? dx : -dx), before);
      else this.put(placeAt(before.left + dx - this.room.left, before.top + dy - this.room.top, sizeOf(before), this.room));
    };
    const end = (): void => {
      this.tile.removeEventListener("pointermove", move);
      for (const done of ["pointerup", "pointercancel"]) this.tile.removeEventListener(done, end);
      this.tile.classList.remove("held");
      if (begun && this.place && !sizing) this.put(park(this.place, sizeOf(this.tile.getBoundingClientRect()), this.room));
    };
    this.tile.addEventListener("pointermove", move);
    for (const done of ["pointerup", "pointercancel"]) this.tile.addEventListener(done, end);
  }

  private key(e: KeyboardEvent): void {
    if (e.target !== this.tile || e.ctrlKey || e.metaKey || e.altKey || !this.act(e.key, e.shiftKey ? leap : step)) return;
    e.preventDefault();
    e.stopPropagation(); // the app behind has keys of its own
  }

  private act(key: string, by: number): boolean {
    const rect = this.tile.getBoundingClientRect();
    const go = (dx: number, dy: number): void => this.put(nudge(this.place ?? placeAt(rect.left - this.room.left, rect.top - this.room.top, sizeOf(rect), this.room), dx, dy, sizeOf(rect), this.room));
    switch (key) {
      case "ArrowLeft": go(-by, 0); break;
      case "ArrowRight": go(by, 0); break;
      case "ArrowUp": go(0, -by); break;
      case "ArrowDown": go(0, by); break;
      case "+": case "=": this.size(rect.width * growth, rect); break;
      case "-": this.size(rect.width / growth, rect); break;
      case "Enter": this.enlarge(); break;
      case "Home": this.dock(); break;
      default: return false;
    }
    return true;
  }

  /** room is where a tile may stand: the layer without what the page keeps free. */
  private get room(): Size & { left: number; top: number } {
    const r = this.layer.getBoundingClientRect(), s = getComputedStyle(this.layer);
    const [top, right, bottom, left] = [s.paddingTop, s.paddingRight, s.paddingBottom, s.paddingLeft].map(Number.parseFloat) as [number, number, number, number];
    return { left: r.left + left, top: r.top + top, w: r.width - left - right, h: r.height - top - bottom };
  }

  private put(place: Place): void {
    this.place = place;
    this.show();
  }

  private size(w: number, now: { width: number; height: number }): void {
    this.width = widthOf(w, now.width / now.height, this.room);
    this.tile.classList.remove("big");
    this.tile.style.setProperty("--w", `${this.width}px`);
    this.show();
  }

  private show(): void {
    const { place, tile } = this;
    tile.classList.toggle("free", place !== undefined);
    if (place) {
      tile.style.setProperty("--x", String(place.x));
      tile.style.setProperty("--y", String(place.y));
      tile.style.setProperty("--h", `${tile.getBoundingClientRect().height}px`);
      tile.classList.toggle("west", place.x < 0.5);
    }
    this.moved();
  }
}

const sizeOf = (r: { width: number; height: number }): Size => ({ w: r.width, h: r.height });
