/** What changes often is passed on so often, the latest of each key; the first of a calm time at once. */
import { type Timers, timers } from "./turns.ts";

/** At most ten times a second, in ms. */
export const pace = 100;

export class Latest<V> {
  private readonly waiting = new Map<string, V>();
  private cancel: (() => void) | undefined;

  constructor(private readonly pass: (key: string, value: V) => void, private readonly clock: Timers = timers) {}

  put(key: string, value: V): void {
    this.waiting.set(key, value);
    if (!this.cancel) this.flush();
  }

  /** flush passes on what waits now. */
  flush(): void {
    this.cancel?.();
    const all = [...this.waiting];
    this.waiting.clear();
    this.cancel = all.length ? this.clock.after(pace, () => this.again()) : undefined;
    for (const [key, value] of all) this.pass(key, value);
  }

  end(): void {
    this.cancel?.();
    this.waiting.clear();
  }

  private again(): void {
    this.cancel = undefined;
    this.flush();
  }
}
