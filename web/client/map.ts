/** A SharedMap in the page: a plain Map of decoded values, which the background keeps up to date. */
import type { Background, SessionMessage } from "./background.ts";
import { onBeat } from "./beat.ts";
import { Reader, type Value } from "./cbor.ts";
import { type Code, WabError } from "./error.ts";
import { Listeners } from "./listeners.ts";
import { Methods } from "./methods.ts";
import { Presence } from "./presence.ts";
import type { MapBatch, MapState } from "./protocol.ts";
import { methodsRoom } from "./spawn.ts";

/** Change is what has happened since the listener was called last: setting set and deleting deleted makes the new content of the old. */
export interface Change<V = Value> {
  /** What is new or other than before; after a reset all there is. */
  readonly set: ReadonlyMap<string, V>;
  readonly deleted: readonly string[];
  /** The content was replaced as a whole: the page was away for long, or the map was made anew. */
  readonly reset: boolean;
  readonly version: number;
}

/** MapStatus is a map's state, and why it is not live where that is known. */
export interface MapStatus {
  readonly state: Exclude<MapState, "opening">;
  readonly reason?: { readonly code: Code; readonly message: string };
}

export interface MapEvents<V = Value> {
  change: (change: Change<V>) => void;
  state: (status: MapStatus) => void;
}

/** gone stands for a deletion. */
const gone = Symbol();

/** A zero character begins the names of methods, which are part of the content and no data. */
const isMethod = (key: string): boolean => key.charCodeAt(0) === 0;

/**
 * SharedMap is read as a Map is, and never leaves the page for it. What it gives belongs to the map: change a copy. All maps that a
 * transaction of their CA changed are changed before any listener hears of it.
 */
export class SharedMap<V = Value> implements ReadonlyMap<string, V> {
  epoch = 0;
  version = 0;
  /** The state, and why. A map from the cache is stale until the server has confirmed it. */
  status: MapStatus = { state: "stale" };
  /** What people who look at this map show of themselves. */
  readonly presence: Presence;
  /** Called at once when the content has changed, for what of the client's own can't wait for listeners. */
  applied: (() => void) | undefined;

  private data = new Map<string, V>();
  private aside: Map<string, V> | undefined; // a content that is not complete yet
  private ahead: Map<string, V | typeof gone> | undefined; // changes that are not complete yet
  private pending: Pending<V> | undefined;
  private readonly changes = new Listeners<[Change<V>]>();
  private readonly states = new Listeners<[MapStatus]>();
  private readonly s: number;
  private methods: Methods | undefined;
  private settle: { resolve(m: SharedMap<V>): void; reject(e: WabError): void } | undefined;

  private constructor(private readonly background: Background, private readonly via: number, readonly name: string) {
    this.s = background.join((m) => this.receive(m));
    this.presence = new Presence(background, this.s);
    background.post({ t: "openMap", s: this.s, via, map: name });
  }

  /** open resolves when there is a content to show, and rejects when the map is refused. via is the session whose connection it comes over. */
  static open<V = Value>(background: Background, via: number, name: string): Promise<SharedMap<V>> {
    return new Promise((resolve, reject) => {
      new SharedMap<V>(background, via, name).settle = { resolve, reject };
    });
  }

  get state(): MapStatus["state"] { return this.status.state; }
  get size(): number { return this.data.size; }
  get(key: string): V | undefined { return this.data.get(key); }
  has(key: string): boolean { return this.data.has(key); }
  keys(): MapIterator<string> { return this.data.keys(); }
  values(): MapIterator<V> { return this.data.values(); }
  entries(): MapIterator<[string, V]> { return this.data.entries(); }
  [Symbol.iterator](): MapIterator<[string, V]> { return this.data.entries(); }
  forEach(f: (value: V, key: string, map: ReadonlyMap<string, V>) => void, thisArg?: unknown): void {
    this.data.forEach((value, key) => f.call(thisArg, value, key, this));
  }

  /** on registers a listener and returns what removes it. "change" gathers what happens within an animation frame, or 100 ms in a hidden tab. A "state" listener hears the present state first. */
  on<E extends keyof MapEvents<V>>(event: E, listener: MapEvents<V>[E]): () => void {
    if (event === "change") return this.changes.add(listener as MapEvents<V>["change"]);
    const off = this.states.add(listener as MapEvents<V>["state"]);
    (listener as MapEvents<V>["state"])(this.status);
    return off;
  }

  /**
   * call calls one of the map's own methods, in a worker of this page: it reads the map as it is now, and answers the same as on the server. It
   * has a second, and rejects with a WabError: not_found, failed, deadline.
   */
  async call(method: string, ...args: unknown[]): Promise<Value> {
    if (this.state === "ended") throw this.ended();
    this.methods ??= new Methods(this.background, this.via, this.name, methodsRoom);
    return this.methods.call(method, args);
  }

  /** close ends this view: it is empty from now on, and what the page showed in presence is withdrawn. */
  close(): void {
    if (this.state === "ended") return;
    this.background.post({ t: "closeMap", s: this.s });
    this.end({ state: "ended" });
  }

  private receive(m: SessionMessage): void {
    switch (m.t) {
      case "mapBatch": return this.apply(m);
      case "mapPeople": return this.presence.receive(m);
      case "mapState": return this.turn(m.state, m.reason);
      case "status": return this.turn("ended", m.status.reason); // the worker is gone
    }
  }

  private turn(state: MapState, reason: MapStatus["reason"]): void {
    if (state !== "live") this.aside = this.ahead = undefined;
    if (state === "opening") return;
    const status: MapStatus = { state, ...(reason && { reason }) };
    if (state === "ended") return this.end(status);
    this.status = status;
    this.settle?.resolve(this);
    this.settle = undefined;
    this.states.tell(status);
  }

  private end(status: MapStatus): void {
    this.background.leave(this.s);
    this.status = status;
    this.replace(new Map());
    this.aside = this.ahead = undefined;
    this.epoch = this.version = 0;
    this.presence.end();
    this.methods?.end(this.ended());
    this.settle?.reject(this.ended());
    this.settle = undefined;
    this.states.tell(status);
  }

  private ended(): WabError {
    const { code, message } = this.status.reason ?? { code: "unavailable", message: "The map was closed." };
    return new WabError(code, message);
  }

  private apply({ reset, part, epoch, version, batch }: MapBatch): void {
    if (reset) [this.aside, this.ahead] = [new Map(), undefined];
    if (this.aside) fill(this.aside, batch);
    else if (part) this.prepare(batch);
    else this.change(batch);
    if (part) return;
    [this.epoch, this.version] = [epoch, version];
    if (this.aside) this.replace(this.aside);
    this.aside = undefined;
    this.applied?.();
  }

  /** prepare decodes what is to be shown with the batch that completes it. */
  private prepare(batch: Uint8Array): void {
    const ahead = (this.ahead ??= new Map());
    read(batch, this.data, (key, value) => ahead.set(key, value as V), (key) => ahead.set(key, gone));
  }

  /** change applies a batch, and what was prepared, to what is shown. */
  private change(batch: Uint8Array): void {
    const p = this.changes.any ? this.gather() : undefined;
    const set = (key: string, value: V): void => {
      this.data.set(key, value);
      p?.set.set(key, value);
      p?.deleted.delete(key);
    };
    const remove = (key: string): void => {
      if (!this.data.delete(key)) return;
      p?.set.delete(key);
      p?.deleted.add(key);
    };
    this.ahead?.forEach((value, key) => (value === gone ? remove(key) : set(key, value as V)));
    this.ahead = undefined;
    read(batch, this.data, (key, value) => set(key, value as V), remove);
  }

  private replace(data: Map<string, V>): void {
    if (this.changes.any) this.gather().replace(this.data, data);
    this.data = data;
  }

  private gather(): Pending<V> {
    if (!this.pending) {
      this.pending = new Pending();
      onBeat(() => this.tell());
    }
    return this.pending;
  }

  private tell(): void {
    const { set, deleted, reset } = this.pending!;
    this.pending = undefined;
    if (set.size > 0 || deleted.size > 0 || reset) this.changes.tell({ set, deleted: [...deleted], reset, version: this.version });
  }
}

/** Pending is a change that listeners have not heard of. */
class Pending<V> {
  set = new Map<string, V>();
  readonly deleted = new Set<string>();
  reset = false;

  replace(old: ReadonlyMap<string, V>, now: ReadonlyMap<string, V>): void {
    this.set = new Map(now);
    for (const key of old.keys()) this.deleted.add(key);
    for (const key of now.keys()) this.deleted.delete(key);
    this.reset = true;
  }
}

function fill<V>(into: Map<string, V>, batch: Uint8Array): void {
  read(batch, into, (key, value) => into.set(key, value as V), (key) => into.delete(key));
}

/**
 * read goes through a batch. Methods are passed over. Keys that are not known pass through an object: engines have one copy of each property's
 * name, by which a Map finds it half as fast again.
 */
function read(batch: Uint8Array, known: ReadonlyMap<string, unknown>, set: (key: string, value: Value) => void, remove: (key: string) => void): void {
  const r = new Reader(batch);
  const fresh = Object.create(null) as { [key: string]: Value };
  for (let n = r.count("map"); n > 0; n--) {
    const key = r.key();
    if (isMethod(key)) r.raw();
    else if (known.has(key)) set(key, r.value(0));
    else fresh[key] = r.value(0);
  }
  for (const key in fresh) set(key, fresh[key]!);
  if (r.atEnd()) return;
  for (let n = r.count("array"); n > 0; n--) remove(r.key());
}

/** mapName completes a map's name: board, home/board, alice/home/board and app:alice/home/board are the same from alice's home in app. */
export function mapName(ca: string, name: string): string {
  const [app, owner] = ca.split(/[:/]/) as [string, string];
  if (name.includes(":")) return name;
  switch (name.split("/").length) {
    case 1: return `${ca}/${name}`;
    case 2: return `${app}:${owner}/${name}`;
    default: return `${app}:${name}`;
  }
}
