/**
 * What this worker's pages show of themselves in one map. To the server they are one client, which shows what the latest of them said; among
 * themselves they see each other here. Numbers of people here are negative, those of the server's are not.
 */
import { decode, encode } from "./cbor.ts";
import type { View } from "./view.ts";

export const nothing = new Uint8Array(0);

export class Crowd {
  private readonly here = new Map<View, { who: number; value: Uint8Array }>(); // the latest last
  private last = 0;

  constructor(private readonly owner: string, private readonly views: ReadonlySet<View>) {}

  /** latest is what the server is to show of us. */
  get latest(): Uint8Array {
    return [...this.here.values()].at(-1)?.value ?? nothing;
  }

  set(view: View, value: Uint8Array): void {
    const who = this.here.get(view)?.who ?? --this.last;
    this.here.delete(view);
    this.here.set(view, { who, value });
    for (const v of this.views) this.introduce(v, [view]);
  }

  /** leave withdraws what a view shows, and tells whether it showed anything. */
  leave(view: View): boolean {
    const gone = this.here.get(view);
    if (!gone) return false;
    this.here.delete(view);
    for (const v of this.views) if (v !== view) v.people({ me: 0, reset: false, people: encodePeople([], [gone.who]) });
    return true;
  }

  /** tell introduces everybody here to a view. */
  tell(view: View): void {
    this.introduce(view, [...this.here.keys()]);
  }

  private introduce(to: View, who: View[]): void {
    const others = who.filter((v) => v !== to).map((v) => this.here.get(v)!);
    if (others.length === 0) return;
    to.people({ me: 0, reset: false, people: encodePeople(others.map((o) => [o.who, this.owner, decode(o.value)]), []) });
  }
}

function encodePeople(here: unknown[], gone: number[]): Uint8Array<ArrayBuffer> {
  const [a, b] = [encode(here), encode(gone)];
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
