/** The sender's side of the trailer: which marks go behind a frame. Pure. */
import { later, since } from "./ticks.ts";
import { maxMarks, type Trailer } from "./trailer.ts";

/** A mark goes behind every frame of these ticks after its action: it survives what is lost for so long. */
export const repeatFor = 3 * 90_000;

interface Waiting {
  readonly action: number;
  /** The action's instant; undefined: that of the next frame. */
  rtp: number | undefined;
}

export class Stamp {
  private marks: Waiting[] = [];
  private counter = 0;

  /** mark makes an action known. Actions come in rising order; others are ignored. */
  mark(action: number, rtp: number | undefined): void {
    const newest = this.marks.at(-1)?.action ?? this.counter;
    if (action <= newest) return;
    this.marks.push({ action, rtp });
    if (this.marks.length > maxMarks) this.marks.shift();
  }

  /** next is the trailer of a frame. An action is in it from the first frame on that was captured when it was made, or later. */
  next(rtp: number): Trailer {
    for (const m of this.marks) m.rtp ??= rtp;
    this.marks = this.marks.filter((m) => Math.abs(since(rtp, m.rtp!)) < repeatFor);
    const made = this.marks.findIndex((m) => since(rtp, m.rtp!) < 0);
    const marks = (made < 0 ? this.marks : this.marks.slice(0, made)).map((m) => ({ action: m.action, age: since(rtp, m.rtp!) }));
    this.counter = Math.max(this.counter, marks.at(-1)?.action ?? 0);
    return { counter: this.counter, marks };
  }
}

/** instant is a mark's RTP timestamp by that of the frame that bears it. */
export const instant = (frame: number, age: number): number => later(frame, -age);
