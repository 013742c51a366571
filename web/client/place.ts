/** Where one of those who read a topic has got to: package follow's Reader. */

/** Opening is where a subscription goes on. */
export interface Opening {
  readonly epoch: number; // 0: the topic doesn't exist yet
  readonly offset: number; // messages behind it follow
  readonly missed: number; // how many are known to be lost before it
}

export class Place {
  private placed: boolean;

  /** An epoch of 0 is no place: what comes from now on. */
  constructor(public epoch = 0, public offset = 0) {
    this.placed = epoch > 0;
  }

  /** known tells whether the place means something. */
  get known(): boolean {
    return this.placed;
  }

  /** open takes an opening, and tells how many messages are lost just before it, at most: 0 if it isn't known how many, undefined if none are. */
  open({ epoch, offset, missed }: Opening): number | undefined {
    if (this.placed && (epoch === 0 || (epoch === this.epoch && offset <= this.offset))) return undefined;
    const same = epoch === this.epoch;
    const lost = this.placed && (same || this.epoch > 0 || offset > 0);
    const n = same ? Math.min(missed, offset - this.offset) : 0;
    [this.placed, this.epoch, this.offset] = [true, epoch, offset];
    return lost ? n : undefined;
  }

  /** pass takes the messages up to an offset as read, and tells whether any of them were new. */
  pass(epoch: number, offset: number): boolean {
    if (epoch !== this.epoch || offset <= this.offset) return false;
    this.offset = offset;
    return true;
  }
}
