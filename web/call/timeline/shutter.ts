/**
 * When a sender's frames were captured: the way between RTP timestamps and the page's clock. Pure.
 *
 * Timestamps of frames follow their capture, in whole ms, from an unknown beginning. What is known of the beginning: no frame is encoded before it is captured. So the frame that came out of the
 * encoder quickest, of the last few seconds, tells it but for that frame's own delay. Where the browser tells capture times of the pictures of the same track (Chromium, of cameras), the delay is
 * taken out: the quickest frame was captured with the last picture before it came out. Else the delay stays: frames are thought to be so much younger than they are, and an action that was made
 * within that time after a capture is taken to belong to that frame, one too early.
 */
import { later, since, ticksPerMs } from "./ticks.ts";

/** Frames that count: some seconds. */
const window = 90;
/** Pictures whose capture is remembered. */
const pictures = 60;
/** A frame that is further off than this, in ms, begins anew: another track. */
const jump = 5000;

interface Sent {
  readonly rtp: number;
  readonly at: number;
}

export class Shutter {
  private sent: Sent[] = [];
  private captures: number[] = [];
  private readonly delays: number[] = [];

  /** frame tells that a frame came out of the encoder at an instant of the page's clock, in ms. */
  frame(rtp: number, at: number): void {
    const last = this.sent.at(-1);
    if (last && Math.abs(since(rtp, last.rtp) / ticksPerMs - (at - last.at)) > jump) this.forget();
    this.sent.push({ rtp, at });
    if (this.sent.length > window) this.sent.shift();
  }

  /** captured tells when a picture of the track was captured. */
  captured(at: number): void {
    if (at <= (this.captures.at(-1) ?? -Infinity)) return;
    this.captures.push(at);
    if (this.captures.length > pictures) this.captures.shift();
  }

  /** rtp is the timestamp that a frame captured at an instant has; undefined before the first frame. */
  rtp(at: number): number | undefined {
    const quickest = this.quickest();
    return quickest && later(quickest.rtp, (at - quickest.at + this.delay) * ticksPerMs);
  }

  /** delay is what is known of the quickest frame's way from the camera out of the encoder, in ms. */
  get delay(): number {
    const quickest = this.quickest();
    const seen = quickest && this.captures.findLast((c) => c <= quickest.at);
    if (quickest && seen !== undefined && quickest.at - seen < this.interval) this.learn(quickest.at - seen);
    return median(this.delays);
  }

  private learn(delay: number): void {
    if (this.delays.at(-1) === delay) return;
    this.delays.push(delay);
    if (this.delays.length > 9) this.delays.shift();
  }

  /** interval is the time between two pictures: a delay can't be told from one that is longer by it. */
  private get interval(): number {
    const n = this.captures.length;
    return n > 1 ? (this.captures[n - 1]! - this.captures[0]!) / (n - 1) : 0;
  }

  private quickest(): Sent | undefined {
    const last = this.sent.at(-1);
    if (!last) return undefined;
    const lead = (s: Sent): number => s.at - since(s.rtp, last.rtp) / ticksPerMs;
    return this.sent.reduce((best, s) => (lead(s) < lead(best) ? s : best));
  }

  private forget(): void {
    this.sent = [];
    this.captures = [];
    this.delays.length = 0;
  }
}

function median(of: readonly number[]): number {
  return [...of].sort((a, b) => a - b)[of.length >> 1] ?? 0;
}
