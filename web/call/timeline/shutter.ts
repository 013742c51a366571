/**
 * When a sender's frames were captured: the way between RTP timestamps and the page's clock. Pure.
 *
 * Timestamps of frames follow their capture, in whole ms, from an unknown beginning. What is known of the beginning: no frame comes out of the encoder before it was captured. So the frame that came
 * out quickest, of the last few seconds, tells it but for that frame's own delay. Where capture times are known (Chromium tells them of cameras, a page that paints its frames knows them), the delay is
 * taken out: a quick frame is that of the last picture before it came out. Else the delay stays: frames are thought to be so much younger than they are, and an action that was made within that time
 * after a capture is taken to belong to that frame, one too early.
 */
import { later, since, ticksPerMs } from "./ticks.ts";

/** Frames that count: some seconds. */
const window = 90;
/** Pictures whose capture is remembered, more than may come between a frame and its judgement. */
const pictures = 60;
/** A picture may be told of some frames after the encoder has let its frame out. */
const judgedAfter = 8;
/** A frame this much slower than the quickest, in ms, says nothing of the quickest one's delay. */
const quick = 3;
/** A frame that is further off than this, in ms, begins anew: another track. */
const jump = 5000;
/** Timestamps are whole ms, and encoders' clocks are smoothed: an instant this close behind a capture, in ms, is not told from it by them. */
const blur = 8;

interface Sent {
  readonly rtp: number;
  readonly at: number;
}

interface Picture {
  readonly captured: number;
  /** When the track had it. */
  readonly ready: number;
}

export class Shutter {
  private sent: Sent[] = [];
  private pictures: Picture[] = [];
  private delays: number[] = [];

  /** frame tells that a frame came out of the encoder at an instant of the page's clock, in ms. */
  frame(rtp: number, at: number): void {
    const last = this.sent.at(-1);
    if (last && Math.abs(this.slower({ rtp, at }, last)) > jump) this.forget();
    this.sent.push({ rtp, at });
    if (this.sent.length > window) this.sent.shift();
    const judged = this.sent.at(-judgedAfter);
    if (judged) this.judge(judged);
  }

  /** captured tells when a picture was captured, and when the track had it, where the page has worked on it. */
  captured(captured: number, ready = captured): void {
    if (captured <= (this.pictures.at(-1)?.captured ?? -Infinity)) return;
    this.pictures.push({ captured, ready });
    if (this.pictures.length > pictures) this.pictures.shift();
  }

  /** rtp is the timestamp from which on frames were captured at an instant or later; undefined before the first frame. */
  rtp(at: number): number | undefined {
    const quickest = this.quickest();
    return quickest && later(quickest.rtp, (this.between(at) - quickest.at + this.delay) * ticksPerMs);
  }

  /** delay is how long the quickest frame took from its capture, in ms, as far as known; else 0. */
  get delay(): number {
    return [...this.delays].sort((a, b) => a - b)[this.delays.length >> 1] ?? 0;
  }

  /** between moves an instant away from the capture right before it, which it must not be taken for. */
  private between(at: number): number {
    const before = this.pictures.filter((p) => p.captured <= at).at(-1);
    return before ? Math.max(at, before.captured + Math.min(blur, this.interval / 2)) : at;
  }

  private judge(frame: Sent): void {
    if (this.slower(frame, this.quickest()!) > quick) return;
    const before = this.pictures.filter((p) => p.ready <= frame.at).at(-1);
    if (!before || frame.at - before.ready >= this.interval) return;
    this.delays.push(frame.at - before.captured);
    if (this.delays.length > 15) this.delays.shift();
  }

  /** interval is the usual time between two pictures. What is slower by that much is taken for the next picture's. */
  private get interval(): number {
    const n = this.pictures.length;
    return n > 1 ? (this.pictures[n - 1]!.ready - this.pictures[0]!.ready) / (n - 1) : 0;
  }

  /** slower is by how many ms more than another a frame was delayed. */
  private slower(frame: Sent, other: Sent): number {
    return frame.at - other.at - since(frame.rtp, other.rtp) / ticksPerMs;
  }

  private quickest(): Sent | undefined {
    return this.sent.length ? this.sent.reduce((best, s) => (this.slower(s, best) < 0 ? s : best)) : undefined;
  }

  private forget(): void {
    this.sent = [];
    this.pictures = [];
    this.delays = [];
  }
}
