/** The content of a map as a method sees it: encoded values, one snapshot for the length of a call. */
import { Reader } from "./cbor.ts";

/** Step is a batch of the core's. */
export interface TableStep {
  readonly reset: boolean;
  readonly part: boolean;
  readonly batch: Uint8Array;
}

export class Table {
  private entries = new Map<string, Uint8Array>();
  private aside: Map<string, Uint8Array> | undefined;
  private ahead: Uint8Array[] = []; // changes that are not complete yet
  private sorted: string[] | undefined;

  apply({ reset, part, batch }: TableStep): void {
    if (reset) this.drop(), (this.aside = new Map());
    if (part && !this.aside) return void this.ahead.push(batch);
    const into = this.aside ?? this.entries;
    for (const b of [...this.ahead.splice(0), batch]) fill(into, b);
    if (part) return;
    this.entries = into;
    this.aside = this.sorted = undefined;
  }

  /** drop forgets parts of what will not be complete. */
  drop(): void {
    this.aside = undefined;
    this.ahead = [];
  }

  /** get gives methods, too. */
  get(key: string): Uint8Array | undefined {
    return this.entries.get(key);
  }

  /** keys are those of data, in the order of their UTF-8. */
  keys(): readonly string[] {
    return (this.sorted ??= [...this.entries.keys()].filter((k) => k.charCodeAt(0) !== 0).sort(byCodePoint));
  }
}

function fill(into: Map<string, Uint8Array>, batch: Uint8Array): void {
  const r = new Reader(batch);
  for (let n = r.count("map"); n > 0; n--) into.set(r.key(), r.raw());
  if (!r.atEnd()) for (let n = r.count("array"); n > 0; n--) into.delete(r.key());
}

/** byCodePoint is the order of UTF-8. That of strings differs where surrogates meet what stands above them. */
export function byCodePoint(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return lifted(x) - lifted(y);
  }
  return a.length - b.length;
}

/** lifted puts surrogates above all other units. */
const lifted = (unit: number): number => ((unit & 0xf800) === 0xd800 ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit);
