/** One operation at a time, in order: a GATT server takes no second one while it has one. */

export interface Timers {
  after(ms: number, f: () => void): () => void;
}

/** timers are the page's. */
export const timers: Timers = {
  after(ms, f) {
    const id = setTimeout(f, ms);
    return () => clearTimeout(id);
  },
};

export interface Limits {
  /** How many may wait. */
  readonly most: number;
  /** How long each may take, in ms. */
  readonly patience: number;
  /** What is said to those who come when no more may wait, and to what takes too long. */
  readonly full: () => Error;
  readonly late: () => Error;
}

export class Turns {
  private readonly waiting: (() => void)[] = [];
  private readonly open = new Set<(e: Error) => void>();
  private busy = false;
  private cut: (e: Error) => void = () => undefined; // ends the turn that runs

  constructor(private readonly limits: Limits, private readonly clock: Timers = timers) {}

  /** run has its turn when all before it are over. */
  run<T>(f: () => Promise<T>): Promise<T> {
    if (this.waiting.length >= this.limits.most) return Promise.reject(this.limits.full());
    return new Promise<T>((resolve, reject) => {
      this.open.add(reject);
      this.waiting.push(() => void this.turn(f).then(resolve, reject).finally(() => this.over(reject)));
      this.next();
    });
  }

  /** fail rejects all that runs or waits, as at the end of a connection: what ran on it is over, and its turn with it. */
  fail(e: Error): void {
    this.waiting.length = 0;
    for (const reject of this.open) reject(e);
    this.open.clear();
    this.cut(e);
  }

  private turn<T>(f: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.cut = reject;
      const cancel = this.clock.after(this.limits.patience, () => reject(this.limits.late()));
      (async () => f())().then(resolve, reject).finally(cancel);
    });
  }

  private over(reject: (e: Error) => void): void {
    this.open.delete(reject);
    this.busy = false;
    this.next();
  }

  private next(): void {
    if (this.busy) return;
    const go = this.waiting.shift();
    if (!go) return;
    this.busy = true;
    go();
  }
}
