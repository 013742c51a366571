/** A clock that the test moves. */
import type { Timers } from "../turns.ts";

export class FakeClock implements Timers {
  now = 0;
  private readonly timers = new Set<{ at: number; f: () => void }>();

  after(ms: number, f: () => void): () => void {
    const timer = { at: this.now + ms, f };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** pass lets time go by, with all that becomes due on the way. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const next = [...this.timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.f();
      await settle();
    }
    this.now = end;
  }
}

/** settle lets all go on that waits for nothing. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
