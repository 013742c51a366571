/** What a device has to report, kept until its CA has it. */
import type { WabError } from "./error.ts";

/** Outcome is what became of a bundle. Instants are µs by the server's clock. */
export interface Reported {
  readonly id: string;
  readonly outcome: string;
  readonly command?: string;
  readonly due: number;
  readonly ran: number;
  readonly bound: number;
  readonly error?: string;
}

export interface Report { readonly values: { [key: string]: unknown }; readonly outcomes: readonly Reported[] }

/** So many outcomes wait, and go in one report; then the oldest are lost. */
const maxOutcomes = 1000;
const atOnce = 100;

/** Times of repeating, in ms. */
const firstPause = 500;
const longestPause = 30_000;

export class Reports {
  private readonly values = new Map<string, unknown>();
  private readonly outcomes: Reported[] = [];
  private pause = firstPause;
  private busy = false;
  private ended = false;
  private waiting: (() => void)[] = [];

  /** send makes one report, and rejects when it is to be made again. */
  constructor(private readonly send: (r: Report) => Promise<void>, private readonly after: (ms: number, f: () => void) => unknown) {}

  /** value keeps a value; of several of one key the latest. */
  value(key: string, value: unknown): void {
    this.values.set(key, value);
    this.pump();
  }

  outcome(o: Reported): void {
    if (this.outcomes.length === maxOutcomes) this.outcomes.shift();
    this.outcomes.push(o);
    this.pump();
  }

  /** flushed resolves when nothing is left to report. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.pump();
    });
  }

  end(): void { this.ended = true; }

  private pump(): void {
    if (this.busy || this.ended) return;
    if (this.values.size === 0 && this.outcomes.length === 0) {
      for (const done of this.waiting.splice(0)) done();
      return;
    }
    this.busy = true;
    queueMicrotask(() => void this.report()); // with what else is said at the same time
  }

  private async report(): Promise<void> {
    const values = new Map([...this.values].slice(0, 1000));
    const outcomes = this.outcomes.slice(0, atOnce);
    try {
      await this.send({ values: Object.fromEntries(values), outcomes });
    } catch (e) {
      this.after(Math.max(this.pause, (e as WabError).retryAfter ?? 0), () => this.again());
      this.pause = Math.min(this.pause * 2, longestPause);
      return;
    }
    for (const [key, value] of values) if (this.values.get(key) === value) this.values.delete(key);
    while (outcomes.includes(this.outcomes[0]!)) this.outcomes.shift();
    this.pause = firstPause;
    this.again();
  }

  private again(): void {
    this.busy = false;
    this.pump();
  }
}
