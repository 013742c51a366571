/**
 * When a sender's frames were captured: the way between RTP timestamps and the page's clock. Pure.
 *
 * Timestamps of frames follow their capture, in whole ms, from an unknown beginning, which browsers move by some ms now and then, and by more in a track's first second. What is known of it: no frame comes
 * out of the encoder before it was captured. So the frame that came out quickest, of the last second, tells it but for that frame's own delay. Where capture times are known (Chromium tells them of
 * cameras, a page that paints its frames knows them), each frame is taken for that of the last picture before it came out. One that was longer in the encoder than from a
 * picture to the next is taken for a later one than it is, never for an earlier one: so the lower quarter of the last few tells it all. Else frames are thought to be
 * younger than they are by the least delay of the encoder, and an action that was made within that time after a capture is taken to belong to that frame, one too early.
 */
import { later, since, ticksPerMs } from "./ticks.ts";

/** Frames that count: a second. */
const window = 30;
/** Pictures whose capture is remembered, more than may come between a frame and its judgement. */
const pictures = 60;
/** A picture may be told of some frames after the encoder has let its frame out; a page tells of its own before. */
const judgedAfter = 3;
/** Two frames in a row that are off by more than this, in ms, and agree within that, tell that the beginning has moved: browsers do that after a stall. */
const moved = 60, agree = 8;
/** Frames whose capture is known, of which the lower quarter counts. */
const pairs = 9;
/** A frame that is further off than this, in ms, begins anew: another track. */
const jump = 5000;
/** Timestamps are whole ms, and browsers smooth them: an instant this close behind a capture, in ms, is not told from it by them. */
const blur = 8;

/** At is an instant by both clocks. */
interface At {
  readonly rtp: number;
  readonly at: number;
}

interface Picture {
  readonly captured: number;
  /** When the track had it. */
  readonly ready: number;
}

export class Shutter {
  /** The page makes the pictures, and tells of each before the track gets it. */
  painted = false;
  private sent: At[] = [];
  private pictures: Picture[] = [];
  private captures: At[] = [];

  /** frame tells that a frame came out of the encoder at an instant of the page's clock, in ms. */
  frame(rtp: number, at: number): void {
    const last = this.sent.at(-1);
    if (last && Math.abs(slower({ rtp, at }, last)) > jump) this.forget();
    put(this.sent, { rtp, at }, window);
    const judged = this.sent.at(this.painted ? -1 : -judgedAfter);
    if (judged) this.judge(judged);
  }

  /** captured tells when a picture was captured, and when the track had it, where the page has worked on it. */
  captured(captured: number, ready = captured): void {
    if (captured > (this.pictures.at(-1)?.captured ?? -Infinity)) put(this.pictures, { captured, ready }, pictures);
  }

  /** rtp is the timestamp from which on frames were captured at an instant or later; undefined before the first frame. */
  rtp(at: number): number | undefined {
    const known = this.anchor();
    return known && later(known.rtp, (this.between(at) - known.at) * ticksPerMs);
  }

  /** anchor is when a frame was captured: one of known capture, or the quickest, as if it had taken no time. */
  private anchor(): At | undefined {
    const [first] = this.captures.length ? this.captures : this.sent;
    if (!first) return undefined;
    if (!this.captures.length) return this.sent.reduce((best, s) => (slower(s, best) < 0 ? s : best));
    const usual = [...this.captures].sort((a, b) => slower(a, b))[this.captures.length >> 2]!, [before, newest] = this.captures.slice(-2);
    return newest && Math.abs(slower(newest, usual)) > moved && Math.abs(slower(newest, before!)) < agree ? newest : usual;
  }

  /**
   * between moves an instant away from the capture right before it, which it must not be taken for. Where the page paints, that picture is the last one for certain: halfway to the next is as far from
   * both as can be.
   */
  private between(at: number): number {
    const before = this.pictures.filter((p) => p.captured <= at).at(-1), half = this.interval / 2;
    if (!before) return at;
    if (this.painted && half > 0) return Math.max(before.captured + half, at - this.interval);
    return Math.max(at, before.captured + Math.min(blur, half));
  }

  /** judge finds the picture of a frame. One that took longer than from a picture to the next is not told from the next one's: it is for the lower quarter to be right. */
  private judge(frame: At): void {
    const before = this.pictures.filter((p) => p.ready <= frame.at).at(-1);
    if (before && frame.at - before.ready < this.interval) put(this.captures, { rtp: frame.rtp, at: before.captured }, pairs);
  }

  /** interval is the usual time between two pictures. */
  private get interval(): number {
    const n = this.pictures.length;
    return n > 1 ? (this.pictures[n - 1]!.ready - this.pictures[0]!.ready) / (n - 1) : 0;
  }

  private forget(): void {
    this.sent = [];
    this.pictures = [];
    this.captures = [];
  }
}

/** slower is by how many ms an instant is later by the page's clock than by the timestamps, against another. */
function slower(a: At, b: At): number {
  return a.at - b.at - since(a.rtp, b.rtp) / ticksPerMs;
}

function put<T>(list: T[], one: T, max: number): void {
  list.push(one);
  if (list.length > max) list.shift();
}
