import type { Timers } from "../path.ts";

/** FakeTimers go off when a test says so. */
export class FakeTimers implements Timers {
  now = 0;
  private waiting: { at: number; f: () => void }[] = [];

  set(f: () => void, ms: number): unknown {
    const timer = { at: this.now + ms, f };
    this.waiting.push(timer);
    return timer;
  }

  clear(timer: unknown): void {
    this.waiting = this.waiting.filter((t) => t !== timer);
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.waiting.filter((t) => t.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.now = next.at;
      this.clear(next);
      next.f();
    }
    this.now = until;
  }
}
