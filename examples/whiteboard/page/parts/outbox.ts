// One's own changes on their way to the server. They go out in order, one request at a time, and what changes again meanwhile goes out once: as it is then.
// A change says what an element is to be, so that asking again after a doubt does no harm.
import { bytesOf, type Change, type Element } from "./element.ts";

export interface Ways {
  /** send makes the changes and tells the version of the map that holds them. */
  send(changes: Change[]): Promise<number>;
  /** settled and refused tell what became of changes. */
  settled(ids: string[], version: number): void;
  refused(ids: string[], error: unknown): void;
  /** changed tells that the number of changes under way is another. */
  changed(): void;
}

/** Doubt is what an error leaves: the change will never be made, may be made later, or later only if something happens first. */
export type Doubt = "never" | "later" | "stuck";

/** doubtOf reads an error's code. */
export function doubtOf(code: string | undefined): Doubt {
  if (code === "unauthenticated") return "stuck";
  return ["not_allowed", "bad_request", "too_large", "failed", "not_found"].includes(code ?? "") ? "never" : "later";
}

const maxChanges = 400, maxBytes = 400_000, maxDelay = 30_000;

/** keptOut tells whether an error is about who sends, not about what is sent. */
const keptOut = (code: string | undefined): boolean => code === "not_allowed" || code === "not_found";

/** A hand that draws is followed ten times a second, in ms. */
const gap = 100;

export class Outbox {
  private readonly waiting = new Map<string, Element | null>();
  private flight = new Map<string, Element | null>();
  private delay = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stuck = false;
  private last = -Infinity;
  /** How many changes go together. All are refused for one that is; so it becomes less until that one is alone. */
  private most = maxChanges;

  constructor(
    private readonly ways: Ways,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** put takes changes. They leave at once, or soon. */
  put(changes: readonly Change[]): void {
    for (const { id, element } of changes) {
      this.waiting.delete(id); // so that the order is that of the latest changes
      this.waiting.set(id, element);
    }
    this.ways.changed();
    this.plan(Math.max(0, this.last + gap - this.now()));
  }

  /** open are the changes that the server hasn't confirmed. */
  get open(): Change[] {
    return [...new Map([...this.flight, ...this.waiting])].map(([id, element]) => ({ id, element }));
  }

  get size(): number {
    return this.open.length;
  }

  /** resume goes on after what stopped it. */
  resume(): void {
    this.stuck = false;
    this.delay = 0;
    this.plan(0);
  }

  private plan(wait: number): void {
    if (this.timer !== undefined || this.flight.size > 0 || this.waiting.size === 0 || this.stuck) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.go();
    }, wait);
  }

  private async go(): Promise<void> {
    this.flight = this.take();
    this.last = this.now();
    const ids = [...this.flight.keys()];
    let rest = gap;
    try {
      const version = await this.ways.send([...this.flight].map(([id, element]) => ({ id, element })));
      this.delay = 0;
      this.most = Math.min(maxChanges, 2 * this.most);
      this.flight = new Map();
      this.ways.settled(ids.filter((id) => !this.waiting.has(id)), version);
    } catch (error) {
      rest = this.failed(ids, error);
    }
    this.ways.changed();
    this.plan(rest);
  }

  /** failed returns how long to wait. */
  private failed(ids: string[], error: unknown): number {
    const { code, retryAfter } = error as { code?: string; retryAfter?: number };
    const doubt = doubtOf(code);
    const flight = this.flight;
    this.flight = new Map();
    if (doubt === "never" && (ids.length === 1 || keptOut(code))) {
      for (const id of ids) this.waiting.delete(id);
      this.ways.refused(ids, error);
      return gap;
    }
    this.stuck = doubt === "stuck";
    const newer = [...this.waiting];
    this.waiting.clear();
    for (const [id, element] of [...flight, ...newer]) this.waiting.set(id, element);
    if (doubt === "never") {
      this.most = Math.ceil(ids.length / 2);
      return gap;
    }
    this.delay = Math.min(maxDelay, Math.max(500, 2 * this.delay));
    return Math.max(retryAfter ?? 0, this.delay);
  }

  private take(): Map<string, Element | null> {
    const batch = new Map<string, Element | null>();
    let bytes = 0;
    for (const [id, element] of this.waiting) {
      bytes += bytesOf(element);
      if (batch.size >= this.most || (batch.size > 0 && bytes > maxBytes)) break;
      batch.set(id, element);
    }
    for (const id of batch.keys()) this.waiting.delete(id);
    return batch;
  }
}
