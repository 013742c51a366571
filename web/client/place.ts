/** Where one of those who read a topic has got to: package follow's Reader. */

/** Opening is where a subscription goes on. */
export interface Opening {
  readonly epoch: number; // 0: the topic doesn't exist yet
  readonly offset: number; // messages behind it follow
  readonly before: number; // the epoch that it was in before
  readonly gap: boolean; // messages were lost between
  readonly missed: number; // how many, as far as known
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
  open(o: Opening): number | undefined {
    if (this.placed && (o.epoch === 0 || (o.epoch === this.epoch && o.offset <= this.offset))) return undefined;
    const lost = this.placed ? this.lostBefore(o) : undefined;
    [this.placed, this.epoch, this.offset] = [true, o.epoch, o.offset];
    return lost;
  }

  private lostBefore({ epoch, offset, before, gap, missed }: Opening): number | undefined {
    if (epoch === this.epoch) return Math.min(missed, offset - this.offset);
    if (before === this.epoch) return gap ? missed : undefined; // the server knows what was the end of the epoch before
    return this.epoch > 0 || offset > 0 ? 0 : undefined;
  }

  /** opening is one that leads here. */
  get opening(): Opening {
    return { epoch: this.epoch, offset: this.offset, before: this.epoch, gap: false, missed: 0 };
  }

  /** pass takes the messages up to an offset as read, and tells whether any of them were new. */
  pass(epoch: number, offset: number): boolean {
    if (epoch !== this.epoch || offset <= this.offset) return false;
    this.offset = offset;
    return true;
  }
}
