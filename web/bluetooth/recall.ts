/** A device that has left is called again, after pauses that grow, until it answers. */
import { type Timers } from "./turns.ts";

/** The first pause and the longest, in ms. */
const first = 500;
const longest = 30_000;

export class Recall {
  private cancel: (() => void) | undefined;
  private stopped = false;
  private pause = first;

  constructor(private readonly call: () => Promise<void>, private readonly clock: Timers) {}

  /** start begins anew with the short pause. */
  start(): void {
    this.pause = first;
    this.wait();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  private wait(): void {
    this.cancel?.();
    if (this.stopped) return;
    this.cancel = this.clock.after(this.pause, () => void this.try());
    this.pause = Math.min(this.pause * 2, longest);
  }

  private async try(): Promise<void> {
    try {
      await this.call();
    } catch {
      this.wait();
    }
  }
}
