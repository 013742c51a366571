/** What those who look at a map show of themselves: cursors, names, what they are doing. It is gone with them. */
import type { Background } from "./background.ts";
import { onBeat } from "./beat.ts";
import { encode, Reader, type Value } from "./cbor.ts";
import { WabError } from "./error.ts";
import { Listeners } from "./listeners.ts";
import type { MapPeople } from "./protocol.ts";

/** Person is one who is here: somebody else, or another tab of our own. */
export interface Person {
  /** Unique among those in this map, as long as they are. */
  readonly who: number;
  readonly owner: string;
  readonly value: Value;
}

const nothing = new Uint8Array(0);

/** What is shown has at most this many bytes. */
const largest = 1024;

export class Presence {
  private readonly here = new Map<number, Person>();
  private readonly listeners = new Listeners<[Person[]]>();
  private waits = false;
  private ended = false;
  private shown: Uint8Array | undefined;
  private readonly away = (): void => this.post(nothing);
  private readonly back = (): void => this.post(this.shown ?? nothing);

  constructor(private readonly background: Background, private readonly s: number) {}

  /** set shows a value to the others, of at most 1,024 bytes encoded. As often as you like: about 30 a second are passed on, the latest always. */
  set(value: unknown): void {
    const bytes = encoded(value);
    if (!this.shown) this.follow();
    this.shown = bytes;
    this.post(bytes);
  }

  /** clear withdraws what was set. */
  clear(): void {
    this.unfollow();
    this.post(nothing);
  }

  /** others are those who show something now. */
  others(): Person[] {
    return [...this.here.values()];
  }

  /** on hears of the others, at most once in an animation frame, and returns what removes the listener. */
  on(_event: "change", listener: (others: Person[]) => void): () => void {
    return this.listeners.add(listener);
  }

  /** receive takes the worker's word. */
  receive({ me, reset, people }: MapPeople): void {
    if (reset) this.here.clear();
    const r = new Reader(people);
    for (const [who, owner, value] of r.value(0) as [number, string, Value][]) this.here.set(who, { who, owner, value });
    for (const who of r.value(0) as number[]) this.here.delete(who);
    this.here.delete(me); // our number may have been another's before
    this.changed();
  }

  /** end forgets everybody. */
  end(): void {
    this.ended = true;
    this.unfollow();
    this.here.clear();
    this.changed();
  }

  private post(value: Uint8Array): void {
    if (!this.ended) this.background.post({ t: "presence", s: this.s, value });
  }

  /** follow withdraws what is shown when the page is put by for a way back to it, which nobody sees, and shows it again when it is taken. */
  private follow(): void {
    if (typeof window === "undefined" || this.ended) return;
    addEventListener("pagehide", this.away);
    addEventListener("pageshow", this.back);
  }

  private unfollow(): void {
    this.shown = undefined;
    if (typeof window === "undefined") return;
    removeEventListener("pagehide", this.away);
    removeEventListener("pageshow", this.back);
  }

  private changed(): void {
    if (this.waits || !this.listeners.any) return;
    this.waits = true;
    onBeat(() => {
      this.waits = false;
      this.listeners.tell(this.others());
    });
  }
}

function encoded(value: unknown): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = encode(value);
  } catch (e) {
    throw new WabError("bad_request", `This can't be shown to others: ${(e as Error).message}.`);
  }
  if (bytes.length > largest) throw new WabError("too_large", `What you show to others has ${bytes.length} bytes, and may have ${largest.toLocaleString("en")}.`);
  return bytes;
}
