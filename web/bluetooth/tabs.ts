/** Which devices other tabs of this browser drive in the same CA: tabs tell each other, so that a second tab shows them without being told. */

interface Told {
  readonly from: string;
  /** undefined asks the others. */
  readonly names?: readonly string[];
}

export class Tabs {
  private readonly me = Math.random().toString(36).slice(2);
  private readonly others = new Map<string, readonly string[]>();
  private readonly channel: BroadcastChannel | undefined;
  private own: readonly string[] = [];
  private readonly leave = (): void => this.post({ from: this.me, names: [] });

  constructor(ca: string, private readonly changed: () => void) {
    if (typeof BroadcastChannel === "undefined") return;
    this.channel = new BroadcastChannel(`wab-devices ${ca}`);
    this.channel.onmessage = ({ data }: MessageEvent<Partial<Told> | null>) => this.hear(data ?? {});
    this.post({ from: this.me });
    if (typeof window !== "undefined") addEventListener("pagehide", this.leave);
  }

  /** names are those that others drive. */
  get names(): string[] { return [...this.others.values()].flat(); }

  /** tell tells the others what we drive. */
  tell(names: readonly string[]): void {
    this.own = names;
    this.post({ from: this.me, names });
  }

  close(): void {
    this.leave();
    if (typeof window !== "undefined") removeEventListener("pagehide", this.leave);
    this.channel?.close();
  }

  private hear({ from, names }: Partial<Told>): void {
    if (typeof from !== "string") return;
    if (!Array.isArray(names)) return this.own.length ? this.post({ from: this.me, names: this.own }) : undefined;
    if (names.length) this.others.set(from, names.filter((n) => typeof n === "string"));
    else this.others.delete(from);
    this.changed();
  }

  private post(told: Told): void {
    this.channel?.postMessage(told);
  }
}
