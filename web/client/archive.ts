/**
 * What a worker keeps of maps over its own end: writes gathered for a moment, one transaction for all maps of one principal and scope. Only
 * one worker of an origin writes, the one that holds the lock; the others read. Where there is no cache, or it fails, all goes on without.
 */
import { Cache, eraseCaches, type Kept, type Step } from "./cache.ts";
import { MapState } from "./core.ts";
import type { Env } from "./host.ts";
import { protocolVersion } from "./protocol.ts";
import { claims } from "./token.ts";
import type { Batch, View } from "./view.ts";

/** Writes wait this long for more, in ms. */
const gather = 500;

/** Who opens a map waits at most this long for the cache, in ms. */
const patience = 2_000;

/** Larger maps are not kept, in bytes. */
const largest = 64 << 20;

/** archivePrefix begins the names of all databases of an owner. */
export const archivePrefix = (server: string, owner: string): string => `wab maps ${protocolVersion} ${JSON.stringify([server, owner])} `;

/** archiveName is equal for tokens that may read the same; undefined for a token that can't be read. */
export function archiveName(server: string, token: string): string | undefined {
  const { owner, scope } = claims(token);
  return owner && archivePrefix(server, owner) + scope;
}

export class Archive {
  private cache: Promise<Cache | undefined>;
  writes = false; // the lock is ours
  private readonly keepers = new Map<string, Keeper>();
  private timer: unknown;
  private writing = false;

  /** writer resolves when nobody else writes any more. */
  constructor(private readonly env: Env, private readonly idb: IDBFactory, readonly name: string, writer: Promise<void>) {
    this.cache = Promise.race([open(idb, name), this.late()]);
    void writer.then(() => (this.writes = true));
  }

  /** load gives what is kept of a map, if it comes in time. */
  load(map: string): Promise<Kept | undefined> {
    return Promise.race([this.late(), this.cache.then((c) => c?.load(map)).catch(() => (this.drop(), undefined))]);
  }

  /** late is nothing, after a while. */
  private late(): Promise<undefined> {
    return new Promise((resolve) => void this.env.after(patience, () => resolve(undefined)));
  }

  /** keeper is the cache's own view of a map. whole tells it all of the map once more. A map has one keeper; further lines have none. */
  keeper(map: string, kept: Kept | undefined, whole: () => void): Keeper | undefined {
    if (this.keepers.has(map)) return undefined;
    const k = new Keeper(this, map, kept, whole);
    this.keepers.set(map, k);
    return k;
  }

  leave(map: string): void {
    const k = this.keepers.get(map);
    if (k?.waits) this.flush();
    this.keepers.delete(map);
  }

  /** soon writes in a moment. */
  soon(): void {
    this.timer ??= this.env.after(gather, () => ((this.timer = undefined), this.flush()));
  }

  erase(map: string): void {
    this.cache.then((c) => c?.erase(map)).catch(() => this.drop());
  }

  /** close gives the cache up: nothing is kept from now on. */
  close(): void {
    this.env.cancel(this.timer);
    void this.cache.then((c) => c?.close());
    this.cache = Promise.resolve(undefined);
  }

  /** drop erases a cache that fails. */
  private drop(): void {
    this.close();
    eraseCaches(this.idb, this.name, [this.name]).catch(() => {});
  }

  private flush(): void {
    if (!this.writes) return;
    if (this.writing) return this.soon();
    const steps = [...this.keepers.values()].flatMap((k) => k.take() ?? []);
    if (steps.length === 0) return;
    this.writing = true;
    this.cache
      .then((c) => c?.write(steps))
      .then((wanting) => wanting?.forEach((map) => this.keepers.get(map)?.whole()), () => this.drop())
      .finally(() => void (this.writing = false));
  }
}

async function open(idb: IDBFactory, name: string): Promise<Cache | undefined> {
  try {
    return await Cache.open(idb, name);
  } catch {
    return undefined;
  }
}

/** Keeper gathers what is to be written of one map. */
export class Keeper implements View {
  readonly tab = undefined;
  private from: Step["from"]; // what the cache holds when the steps that were taken are done; undefined where that is nothing of use
  private to: Step["from"]; // where the map stands
  private readonly ready = new Gathered();
  private readonly aside = new Gathered(); // the parts of a content that isn't complete
  private lacks: "" | "some" | "room" = ""; // nothing is written while some was missed, or all is too large

  /** whole tells the keeper all of the map once more. */
  constructor(private readonly archive: Archive, private readonly map: string, kept: Kept | undefined, readonly whole: () => void) {
    this.from = this.to = kept && { epoch: kept.epoch, version: kept.version };
  }

  get waits(): boolean {
    return this.ready.batches.length > 0;
  }

  state(state: number): void {
    if (state !== MapState.live) this.aside.clear();
  }

  batch({ reset, part, epoch, version, batch }: Batch): void {
    if (reset) this.aside.begin();
    this.aside.add(batch);
    if (part) return;
    if (this.aside.begins) this.begin();
    this.ready.take(this.aside);
    this.to = { epoch, version };
    if (this.ready.bytes > largest) this.outgrow();
    else if (!this.archive.writes) this.lacks ||= "some";
    if (this.lacks) this.ready.clear();
    if (this.lacks !== "room") this.archive.soon();
  }

  people(): void {}

  /** take gives the step to write. */
  take(): Step | undefined {
    if (this.lacks === "some") this.whole();
    if (this.lacks || !this.to || !this.waits) return undefined;
    const step: Step = { map: this.map, from: this.from, ...this.to, batches: this.ready.batches };
    this.from = this.to;
    this.ready.clear();
    return step;
  }

  private begin(): void {
    this.ready.clear();
    this.from = undefined;
    this.lacks = "";
  }

  private outgrow(): void {
    this.lacks = "room";
    this.archive.erase(this.map);
  }
}

/** Gathered are batches of one content. */
class Gathered {
  batches: Uint8Array[] = [];
  bytes = 0;
  begins = false;

  begin(): void {
    this.clear();
    this.begins = true;
  }

  /** add keeps no more than is worth keeping. */
  add(batch: Uint8Array): void {
    this.bytes += batch.length;
    if (this.bytes <= largest) this.batches.push(batch);
    else this.batches = [];
  }

  take(more: Gathered): void {
    this.batches = this.batches.concat(more.batches);
    this.bytes += more.bytes;
    more.clear();
  }

  clear(): void {
    this.batches = [];
    this.bytes = 0;
    this.begins = false;
  }
}
