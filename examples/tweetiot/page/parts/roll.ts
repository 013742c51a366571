// All devices of the owner: who is there, how good its clock is, and what it says of itself.
import type { Handle, SharedMap } from "@wabgo/client";
import type { Row } from "./rows.ts";
import { ms } from "./timeline.ts";

/** Known is a device's two maps. */
export interface Known {
  desired: SharedMap;
  reported: SharedMap;
}

export class Roll {
  private readonly all = new Map<string, Promise<Known>>();
  private readonly open = new Map<string, Known>();

  private readonly mine = new Set<string>();

  constructor(private readonly ca: Handle, private readonly show: (rows: Row[]) => void) {}

  /** enter adds devices that are not there yet. */
  enter(names: Iterable<string>): void {
    for (const name of names) void this.add(name).catch(() => undefined); // which the page's state tells of
  }

  /** add opens a device's maps, once. */
  add(name: string): Promise<Known> {
    let known = this.all.get(name);
    if (!known) this.all.set(name, (known = this.begin(name)));
    return known;
  }

  /** here tells whether this page is the device. */
  here(name: string, is: boolean): void {
    if (this.mine.has(name) === is) return;
    if (is) this.mine.add(name);
    else this.mine.delete(name);
    this.show(this.rows());
  }

  private async begin(name: string): Promise<Known> {
    const [desired, reported] = await Promise.all([this.ca.map(`${name}-desired`), this.ca.map(`${name}-reported`)]);
    const changed = (): void => this.show(this.rows());
    desired.presence.on("change", changed);
    reported.on("change", changed);
    this.open.set(name, { desired, reported });
    changed();
    return { desired, reported };
  }

  private rows(): Row[] {
    return [...this.open].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, known]) => {
      const bound = boundOf(known.desired, name);
      const here = this.mine.has(name);
      return { name, there: here || bound !== undefined, about: [here ? "this page" : state(bound), ...values(known.reported)].join(" · ") };
    });
  }
}

/** boundOf is by how many ms the clock of a device that is there may be wrong, which it shows in µs; undefined where it is away. This page doesn't see itself. */
function boundOf(desired: SharedMap, name: string): number | undefined {
  const all = desired.presence.others().map(({ value }) => value as { device?: string; bound?: number } | null).filter((v) => v?.device === name);
  return all.length > 0 ? Math.min(...all.map((v) => Number(v!.bound ?? Infinity) / 1000)) : undefined;
}

const state = (bound: number | undefined): string => (bound === undefined ? "away" : Number.isFinite(bound) ? `there, ±${ms(bound)}` : "there");

/** values are what a device says of itself, in words. */
function values(reported: SharedMap): string[] {
  return [...reported].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, 4).map(([key, v]) => (key === "on" && typeof v === "boolean" ? (v ? "on" : "off") : typeof v === "boolean" ? `${key}: ${v ? "yes" : "no"}` : `${key} ${text(v)}`));
}

const text = (v: unknown): string => (typeof v === "number" ? String(Math.round(v * 100) / 100) : typeof v === "string" || typeof v === "bigint" ? String(v).slice(0, 40) : "…");
