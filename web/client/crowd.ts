/**
 * What this worker's tabs show of themselves in one map, each from a seat of its own: to everybody it is somebody. Of the views that a tab has of
 * the map it shows what the latest of them said.
 */
import type { View } from "./view.ts";

export const nothing = new Uint8Array(0);

/** A subscription has this many seats. */
const most = 64;

/** Chair is a tab in the crowd. */
interface Chair {
  seat: number | undefined; // none while there are too many
  readonly values: Map<View, Uint8Array>; // the latest last
}

export class Crowd {
  private readonly chairs = new Map<object, Chair>(); // by tab
  private last = -1;

  /** show tells the server what a seat shows; no bytes withdraw it. */
  constructor(private readonly show: (seat: number, value: Uint8Array) => void) {}

  /** seatOf is where a view's tab sits, if it does. */
  seatOf(view: View): number | undefined {
    return view.tab && this.chairs.get(view.tab)?.seat;
  }

  /** set shows a view's value; no bytes withdraw it, and leave the tab its seat. */
  set(view: View, value: Uint8Array): void {
    if (!view.tab) return;
    let c = this.chairs.get(view.tab);
    if (!c) {
      if (value.length === 0) return;
      this.chairs.set(view.tab, (c = { seat: undefined, values: new Map() }));
    }
    if (!c.values.delete(view) && value.length === 0) return;
    if (value.length > 0) c.values.set(view, value);
    this.tell(c);
    this.seatThoseWhoWait();
  }

  /** leave ends a view; its tab gives its seat up with the last of them. */
  leave(view: View, last: boolean): void {
    this.set(view, nothing);
    if (last && view.tab) this.chairs.delete(view.tab);
    this.seatThoseWhoWait();
  }

  /** tellAll says all once more. */
  tellAll(): void {
    for (const c of this.chairs.values()) if (c.values.size > 0) this.tell(c);
  }

  private tell(c: Chair): void {
    if (c.values.size > 0) c.seat ??= this.free();
    if (c.seat !== undefined) this.show(c.seat, [...c.values.values()].at(-1) ?? nothing);
  }

  private seatThoseWhoWait(): void {
    for (const c of this.chairs.values()) {
      if (c.seat !== undefined || c.values.size === 0) continue;
      this.tell(c);
      if (c.seat === undefined) return;
    }
  }

  /** free is a seat that nobody sits on, one that was left long ago; else one from which nothing is shown. */
  private free(): number | undefined {
    const taken = new Set([...this.chairs.values()].map((c) => c.seat));
    for (let n = 0; n < most; n++) {
      this.last = (this.last + 1) % most;
      if (!taken.has(this.last)) return this.last;
    }
    const idle = [...this.chairs.values()].find((c) => c.seat !== undefined && c.values.size === 0);
    const seat = idle?.seat;
    if (idle) idle.seat = undefined;
    return seat;
  }
}
