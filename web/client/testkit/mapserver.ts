/** A scripted server that has maps. */
import type { Value } from "../cbor.ts";
import { agreeable, type FakeSocket, type Frame, type World } from "./world.ts";

export type Entries = { [key: string]: Value };

/** ServedMap is one map on the server, with all that ever happened to it. */
export class ServedMap {
  version = 0;
  epoch = 7;
  entries: Entries = {};
  /** changes[n] leads to version n + 1. */
  readonly changes: { set: Entries; deleted: string[] }[] = [];

  constructor(readonly id: number, entries: Entries) {
    if (Object.keys(entries).length > 0) this.change(entries);
  }

  change(set: Entries, deleted: string[] = []): void {
    this.version++;
    this.changes.push({ set, deleted });
    Object.assign(this.entries, set);
    for (const k of deleted) delete this.entries[k];
  }

  /** delta is what happened since a version, as an element of a delta frame. */
  delta(from: number): Value[] {
    const set: Entries = {}, deleted = new Set<string>();
    for (const c of this.changes.slice(from)) {
      for (const [k, v] of Object.entries(c.set)) (set[k] = v), deleted.delete(k);
      for (const k of c.deleted) delete set[k], deleted.add(k);
    }
    return [this.id, this.epoch, from, this.version, set, [...deleted].sort()];
  }
}

/** MapServer answers for maps, and as agreeable does for everything else. */
export class MapServer {
  readonly maps = new Map<string, ServedMap>();
  readonly refused = new Map<string, [code: string, message: string]>();
  silent = false; // map-open is not answered
  part = 2; // entries of a snapshot's part
  echoes = false; // what clients show is told to them, as the server does it

  constructor(private readonly world: World) {
    world.server = (s, f) => this.serve(s, f);
  }

  map(name: string, entries: Entries): ServedMap {
    const m = new ServedMap(this.maps.size + 1, entries);
    this.maps.set(name, m);
    return m;
  }

  /** commit changes maps in one transaction, and tells it on the present socket. */
  commit(...changes: [map: ServedMap, set: Entries, deleted?: string[]][]): void {
    for (const [m, set, deleted] of changes) m.change(set, deleted);
    this.world.socket.reply(82, changes.map(([m]) => m.delta(m.version - 1)));
  }

  private serve(s: FakeSocket, f: Frame): void {
    if (f[0] === 64 && !this.silent) this.open(s, f);
    else if (f[0] === 66 && this.echoes) this.present(s, f);
    else agreeable(this.world, s, f);
  }

  private open(s: FakeSocket, [, sub, name, epoch, version]: Frame): void {
    const no = this.refused.get(name as string);
    if (no) return s.reply(83, sub!, ...no, 0);
    const m = this.maps.get(name as string) ?? new ServedMap(1000, {});
    const resumes = epoch === m.epoch || m.version === 0;
    s.reply(80, sub!, m.id, 5, m.version === 0 ? 0 : m.epoch, m.version, resumes ? version! : 0, !resumes);
    if (!resumes) this.snapshot(s, sub!, m);
    else if ((version as number) < m.version) s.reply(82, [m.delta(version as number)]);
  }

  private present(s: FakeSocket, [, sub, value, seat = 0]: Frame): void {
    const who = 5 + (seat as number), id = this.maps.get(s.of(64).filter((f) => f[1] === sub).at(-1)![2] as string)!.id;
    if (value === null) s.reply(84, id, false, [], [who]);
    else s.reply(84, id, false, [[who, "alice", value!]], []);
  }

  private snapshot(s: FakeSocket, sub: Value, m: ServedMap): void {
    const all = Object.entries(m.entries);
    for (let i = 0; i === 0 || i < all.length; i += this.part) {
      s.reply(81, sub, m.epoch, m.version, i + this.part >= all.length, Object.fromEntries(all.slice(i, i + this.part)));
    }
  }
}
