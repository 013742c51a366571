/** What a device has to report, kept until its CA has it. */
import type { WabError } from "./error.ts";

/** Reported is what became of a bundle. Instants, and the bound, are µs by the server's clock. */
export interface Reported {
  readonly id: string;
  readonly outcome: string;
  readonly command?: string;
  readonly due: number;
  readonly ran: number;
  readonly bound: number;
  readonly error?: string;
  /** How the bundle's moment was found, and by how many µs its frame was before the start. */
  readonly method?: string;
  readonly off?: number;
}

export interface Report { readonly values: { [key: string]: unknown }; readonly outcomes: readonly Reported[] }

/** So many outcomes wait; then the oldest are lost. So many go in one report, and so many bytes of values. */
const maxOutcomes = 1000;
const atOnce = 100;
const maxBytes = 256 << 10;

/** So many values wait. */
const maxValues = 1000;

/** Said is a value as it was when it was said, and its size in bytes. */
interface Said { readonly value: unknown; readonly size: number }

/** Times of repeating, in ms. */
const firstPause = 500;
const longestPause = 30_000;

export class Reports {
  private readonly values = new Map<string, Said>();
  private readonly outcomes: Reported[] = [];
  private pause = firstPause;
  private busy = false;
  private ended = false;
  private waiting: (() => void)[] = [];

  /** send makes one report, and rejects when it is to be made again. */
  constructor(private readonly send: (r: Report) => Promise<void>, private readonly after: (ms: number, f: () => void) => unknown) {}

  /** value keeps a value; of several of one key the latest. It tells whether there is room for it. */
  value(key: string, said: Said): boolean {
    if (this.values.size >= maxValues && !this.values.has(key)) return false;
    this.values.set(key, said);
    this.pump();
    return true;
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
    const values = this.parcel();
    const outcomes = this.outcomes.slice(0, atOnce);
    try {
      await this.send({ values: Object.fromEntries([...values].map(([key, said]) => [key, said.value])), outcomes });
    } catch (e) {
      this.after(Math.max(this.pause, Math.min((e as WabError).retryAfter ?? 0, longestPause)), () => this.again());
      this.pause = Math.min(this.pause * 2, longestPause);
      return;
    }
    for (const [key, said] of values) if (this.values.get(key) === said) this.values.delete(key);
    while (outcomes.includes(this.outcomes[0]!)) this.outcomes.shift();
    this.pause = firstPause;
    this.again();
  }

  /** parcel is as many of the values as go in one report. */
  private parcel(): Map<string, Said> {
    const parcel = new Map<string, Said>();
    let size = 0;
    for (const [key, said] of this.values) {
      if ((size += said.size) > maxBytes) break;
      parcel.set(key, said);
    }
    return parcel;
  }

  private again(): void {
    this.busy = false;
    this.pump();
  }
}
