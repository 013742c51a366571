/** Which devices other tabs of this browser drive in the same CA: tabs tell each other, so that a second tab shows them without being told. */

interface Told {
  readonly from: string;
  /** undefined asks the others. */
  readonly names?: readonly string[];
  /** The sender holds the lock of its name for as long as it lives. */
  readonly locked?: boolean;
}

export class Tabs {
  private readonly me = `wab-devices ${Math.random().toString(36).slice(2)}`;
  private readonly others = new Map<string, readonly string[]>();
  private readonly watched = new Set<string>();
  private readonly over = new AbortController();
  private readonly channel: BroadcastChannel | undefined;
  private own: readonly string[] = [];
  private locked = false;
  private readonly leave = (): void => this.post([]);

  constructor(ca: string, private readonly changed: () => void) {
    if (typeof BroadcastChannel === "undefined") return;
    this.channel = new BroadcastChannel(`wab-devices ${ca}`);
    this.channel.onmessage = ({ data }: MessageEvent<Partial<Told> | null>) => this.hear(data ?? {});
    this.post(undefined);
    if (typeof window !== "undefined") addEventListener("pagehide", this.leave);
    this.lock(this.me, () => {
      this.locked = true;
      this.tell(this.own);
      return new Promise((resolve) => this.over.signal.addEventListener("abort", resolve));
    });
  }

  /** names are those that others drive. */
  get names(): string[] { return [...this.others.values()].flat(); }

  /** tell tells the others what we drive. */
  tell(names: readonly string[]): void {
    this.own = names;
    this.post(names);
  }

  close(): void {
    this.leave();
    if (typeof window !== "undefined") removeEventListener("pagehide", this.leave);
    this.over.abort();
    this.channel?.close();
  }

  private hear({ from, names, locked }: Partial<Told>): void {
    if (typeof from !== "string" || this.over.signal.aborted) return;
    if (!Array.isArray(names)) return this.own.length ? this.post(this.own) : undefined;
    if (names.length) this.others.set(from, names.filter((n) => typeof n === "string"));
    else this.others.delete(from);
    if (locked === true) this.watch(from);
    this.changed();
  }

  /** watch forgets a tab that ends without a word: then its lock is free. */
  private watch(from: string): void {
    if (this.watched.has(from)) return;
    this.watched.add(from);
    this.lock(from, async () => {
      this.watched.delete(from);
      if (this.others.delete(from)) this.changed();
    });
  }

  /** lock runs f with a lock, where there are any: a sandboxed frame has none. */
  private lock(name: string, f: () => Promise<unknown>): void {
    if (typeof navigator === "undefined" || !navigator.locks) return;
    navigator.locks.request(name, { signal: this.over.signal }, f).catch(() => undefined);
  }

  private post(names: readonly string[] | undefined): void {
    if (!this.over.signal.aborted) this.channel?.postMessage({ from: this.me, ...(names && { names }), locked: this.locked } satisfies Told);
  }
}
