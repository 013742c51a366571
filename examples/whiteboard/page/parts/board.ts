// The board as this page shows it: what the server's map says, and over it one's own changes that the map doesn't hold yet.
import { type Change, type Element, inkOf, type Placed } from "./element.ts";
import type { Box } from "./geometry.ts";

/** Damage is what has to be painted again; undefined means all of it. */
export type Damage = Box[] | undefined;

interface Own {
  element: Element | null;
  /** The version of the map that holds it; Infinity until the server has said. */
  until: number;
}

export class Board {
  private shared = new Map<string, Element>();
  private readonly own = new Map<string, Own>();
  private sorted: Placed[] | undefined;
  private readonly listeners = new Set<(ids: Set<string> | undefined, damage: Damage) => void>();
  private version = -1;

  get(id: string): Element | undefined {
    const own = this.own.get(id);
    return own ? (own.element ?? undefined) : this.shared.get(id);
  }

  /** all are the elements from the lowest to the uppermost, until the next change. */
  all(): readonly Placed[] {
    this.sorted ??= this.sort();
    return this.sorted;
  }

  get size(): number {
    return this.all().length;
  }

  /** top and bottom are places above and below everything. */
  get top(): number {
    return (this.all().at(-1)?.[1].z ?? 0) + 1;
  }

  get bottom(): number {
    return (this.all()[0]?.[1].z ?? 0) - 1;
  }

  /** on is told of every change: which elements, and where; both undefined for a new board. It returns what ends that. */
  on(listener: (ids: Set<string> | undefined, damage: Damage) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** replace takes the map's whole content. */
  replace(elements: Iterable<Placed>, version: number): void {
    this.shared = new Map(elements);
    this.version = version;
    this.forget();
    this.sorted = undefined;
    this.tell(undefined, undefined);
  }

  /** merge takes what has changed in the map. */
  merge(set: Iterable<Placed>, deleted: Iterable<string>, version: number): void {
    const entries = [...set], gone = [...deleted];
    const ids = new Set([...entries.map(([id]) => id), ...gone]);
    this.version = version;
    this.change(ids, () => {
      for (const [id, e] of entries) this.shared.set(id, e);
      for (const id of gone) this.shared.delete(id);
      for (const id of this.forget()) ids.add(id);
    });
  }

  /** draft shows changes of one's own until the map holds them, or they are dropped. */
  draft(changes: readonly Change[]): void {
    this.change(new Set(changes.map((c) => c.id)), () => {
      for (const { id, element } of changes) this.own.set(id, { element, until: Infinity });
    });
  }

  /** settled tells that a version of the map holds one's changes of these elements. */
  settled(ids: Iterable<string>, version: number): void {
    for (const id of ids) {
      const own = this.own.get(id);
      if (own) own.until = version;
    }
    const done = this.covered();
    if (done.size > 0) this.change(done, () => this.forget());
  }

  /** dropped tells that one's changes of these elements were refused. */
  dropped(ids: Iterable<string>): void {
    const all = new Set(ids);
    this.change(all, () => {
      for (const id of all) this.own.delete(id);
    });
  }

  private covered(): Set<string> {
    return new Set([...this.own].filter(([, o]) => o.until <= this.version).map(([id]) => id));
  }

  private forget(): Set<string> {
    const done = this.covered();
    for (const id of done) this.own.delete(id);
    return done;
  }

  private change(ids: Set<string>, how: () => void): void {
    if (ids.size === 0) return how();
    const before = [...ids].map((id) => this.get(id));
    how();
    const damage: Box[] = [];
    [...ids].forEach((id, i) => {
      const [was, is] = [before[i], this.get(id)];
      if (was === is) return;
      if (was) damage.push(inkOf(was));
      if (is) damage.push(inkOf(is));
      if (ids.size <= few) this.reorder(id, was, is);
    });
    if (ids.size > few) this.sorted = undefined;
    this.tell(ids, damage);
  }

  private tell(ids: Set<string> | undefined, damage: Damage): void {
    for (const listener of this.listeners) listener(ids, damage);
  }

  /** reorder moves one element to where it belongs now. */
  private reorder(id: string, was: Element | undefined, is: Element | undefined): void {
    const { sorted } = this;
    if (!sorted) return;
    if (was && is && was.z === is.z) {
      sorted[place(sorted, id, is.z)] = [id, is];
      return;
    }
    if (was) sorted.splice(place(sorted, id, was.z), 1);
    if (is) sorted.splice(place(sorted, id, is.z), 0, [id, is]);
  }

  private sort(): Placed[] {
    const all: Placed[] = [];
    for (const [id, e] of this.shared) if (!this.own.has(id)) all.push([id, e]);
    for (const [id, { element }] of this.own) if (element) all.push([id, element]);
    return all.sort(([ida, a], [idb, b]) => a.z - b.z || (ida < idb ? -1 : 1));
  }
}

/** Where more elements than this change at once, sorting all is quicker than moving each. */
const few = 50;

/** place is where an element with that z stands, or would stand. */
function place(sorted: readonly Placed[], id: string, z: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1, [at, e] = sorted[middle]!;
    if (e.z < z || (e.z === z && at < id)) low = middle + 1;
    else high = middle;
  }
  return low;
}
