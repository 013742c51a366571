/**
 * Applies deltas of one map in node: by the core as WebAssembly and the page's own map, by a decoder and a Map in plain JavaScript, and by Yjs.
 * Each side's content is checked. It prints one JSON object a round: milliseconds for all deltas, and nanoseconds for a read.
 *
 * node apply.mjs wasm_exec.js wab.wasm ROUNDS DELTAS KEYS PER
 *
 * PER is how many deltas a message carries.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Decoder } from "cbor-x";
import * as Y from "yjs";
import type { Background, Receiver, SessionMessage } from "../../../web/client/background.ts";
import { decode, encode, type Value } from "../../../web/client/cbor.ts";
import { BatchFlag, Core, type Output } from "../../../web/client/core.ts";
import { SharedMap } from "../../../web/client/map.ts";

const [support, wasm, ...numbers] = process.argv.slice(2) as [string, string, ...string[]];
const [rounds, deltas, keys, per] = numbers.map(Number) as [number, number, number, number];
await import(pathToFileURL(support).href);

const kind = { hello: 1, welcome: 32, open: 64, opened: 80, part: 81, delta: 82 };
const id = 1, epoch = 7;
const warmUps = 3; // rounds

/** Shape is an entry like those of a whiteboard. */
interface Shape { x: number; y: number; text: string; color: string }
const shape = (n: number): Shape => ({ x: n % 1920, y: n % 1080, text: `note ${n}`, color: "teal" });
const key = (n: number): string => `shape-${(n * 7919) % keys}`;

/** What the server sends: each message sets some entries. */
const frames: ArrayBuffer[] = [];
for (let n = 0; n < deltas; n += per) {
  const set: { [key: string]: Shape } = {};
  for (let i = n; i < n + per; i++) set[key(i)] = shape(i);
  frames.push(buffer(encode([kind.delta, [[id, epoch, n / per, n / per + 1, set, []]]])));
}

/** The same as updates of a Y.Map, each of one transaction. */
const updates: Uint8Array[] = [];
const source = new Y.Doc();
source.on("update", (u: Uint8Array) => updates.push(u));
for (let n = 0; n < deltas; n += per) {
  source.transact(() => { for (let i = n; i < n + per; i++) source.getMap("board").set(key(i), shape(i)); });
}

function buffer(b: Uint8Array): ArrayBuffer {
  return b.slice().buffer as ArrayBuffer;
}

/** Page is the core and a page's map, with nothing between them but the copies that go from the worker to the page. */
class Page {
  core!: Core;
  private receive!: Receiver;
  private readonly sent: Value[][] = [];
  private readonly told: SessionMessage[] = []; // what is on its way from the worker to the page
  private conn = 0;

  constructor(private readonly link: number) {}

  async open(core: Core): Promise<SharedMap<Shape>> {
    this.core = core;
    const background = { join: (r: Receiver) => ((this.receive = r), 1), leave: () => {}, post: () => {} } as unknown as Background;
    const opened = SharedMap.open<Shape>(background, 1, "");
    core.start(this.link, "token", "bench");
    core.connected(this.link, this.conn);
    this.expect(kind.hello);
    const map = core.newMap(this.link, "app:alice/home/board");
    core.openMap(this.link, map, 0, 0);
    this.hear([kind.welcome, 1, "bench", "alice", 1, 0, 1 << 20, 256]);
    const open = this.expect(kind.open);
    this.hear([kind.opened, open[1]!, id, 1, epoch, 0, 0, true]);
    this.hear([kind.part, open[1]!, epoch, 0, true, {}]);
    this.show();
    return opened;
  }

  hear(frame: Value[]): void {
    this.core.received(this.link, this.conn, buffer(encode(frame)));
  }

  /** apply has the core take all deltas in, as they come. */
  apply(): void {
    for (const f of frames) this.core.received(this.link, this.conn, f);
  }

  /** show has the page take what the core has told. */
  show(): void {
    for (const m of this.told) this.receive(m);
    this.told.length = 0;
  }

  private expect(what: number): Value[] {
    const f = this.sent.find((f) => f[0] === what);
    if (!f) throw new Error(`the core has not sent ${what}, but ${JSON.stringify(this.sent)}`);
    return f;
  }

  // What the core asks for and tells.

  dial(conn: number): void { this.conn = conn; }
  send(frame: Uint8Array): void { this.sent.push(decode(frame.slice()) as Value[]); }
  state(state: number): void {
    this.told.push({ t: "mapState", s: 1, state: (["opening", "live", "stale", "ended"] as const)[state]! });
  }
  changed(flags: number, at: number, version: number, batch: Uint8Array): void {
    const [reset, part] = [(flags & BatchFlag.reset) !== 0, (flags & BatchFlag.part) !== 0];
    this.told.push({ t: "mapBatch", s: 1, reset, part, epoch: at, version, batch: batch.slice() as Uint8Array<ArrayBuffer> });
  }
}

const pages = new Map<number, Page>();
const page = (link: number): Page => pages.get(link)!;
const nothing = (): void => {};
const output: Output = {
  dial: (link, conn) => page(link).dial(conn), send: (link, _, frame) => page(link).send(frame),
  mapState: (link, _, state) => page(link).state(state), mapChanged: (link, _, flags, at, version, b) => page(link).changed(flags, at, version, b),
  hangUp: nothing, crashed: () => { throw new Error("the core is gone"); },
  wake: nothing, renew: nothing, state: nothing, opened: nothing, closed: nothing, reply: nothing, failure: nothing, note: nothing, mapPresence: nothing,
  topicState: nothing, topicOpened: nothing, topicMessages: nothing, callState: nothing, callOpened: nothing, callSignal: nothing, clock: nothing,
};

const code = new WebAssembly.Module(readFileSync(wasm));
const core = await Core.load((imports) => WebAssembly.instantiate(code, imports), output, () => Date.now() * 1000);

/** Plain is the least that a page could do by itself: decode each frame, see that it follows, and change a Map. */
class Plain {
  readonly map = new Map<string, Shape>();
  version = 0;
  private readonly decoder = new Decoder({ mapsAsObjects: true, useRecords: false });

  apply(): void {
    for (const f of frames) this.hear(new Uint8Array(f));
  }

  private hear(f: Uint8Array): void {
    const [, all] = this.decoder.decode(f) as [number, [number, number, number, number, { [key: string]: Shape }, string[]][]];
    for (const [, at, from, to, set, deleted] of all) {
      if (at !== epoch || from !== this.version) throw new Error("a gap");
      for (const k of Object.keys(set)) this.map.set(k, set[k]!);
      for (const k of deleted) this.map.delete(k);
      this.version = to;
    }
  }
}

function timed(f: () => void): number {
  const start = performance.now();
  f();
  return performance.now() - start;
}

/** reading looks up entries in no order, by keys that the page has made itself, and tells nanoseconds each. */
const asked = Array.from({ length: 1 << 16 }, (_, n) => `shape-${(n * 104729) % keys}`);
function reading(m: ReadonlyMap<string, Shape>, times: number): number {
  let sum = 0;
  const ms = timed(() => {
    for (let t = 0; t < times; t++) for (const k of asked) sum += m.get(k)!.x;
  });
  if (Number.isNaN(sum)) throw new Error("an entry is missing");
  return (ms * 1e6) / (times * asked.length);
}

function same(got: (k: string) => Shape | undefined, size: number, who: string): void {
  if (size !== Math.min(keys, deltas)) throw new Error(`${who} has ${size} entries`);
  for (let n = Math.max(0, deltas - keys); n < deltas; n++) {
    if (JSON.stringify(got(key(n))) !== JSON.stringify(shape(n))) throw new Error(`${who}: ${key(n)} is ${JSON.stringify(got(key(n)))}`);
  }
}

for (let round = 1 - warmUps; round <= rounds; round++) {
  const link = round + warmUps;
  const ours = new Page(link);
  pages.set(link, ours);
  const map = await ours.open(core);
  const wasmMs = timed(() => ours.apply());
  const pageMs = timed(() => ours.show());
  same((k) => map.get(k), map.size, "the page's map");

  const plain = new Plain();
  const jsMs = timed(() => plain.apply());
  same((k) => plain.map.get(k), plain.map.size, "the plain map");

  const doc = new Y.Doc(), board = doc.getMap<Shape>("board");
  const yjsMs = timed(() => { for (const u of updates) Y.applyUpdate(doc, u); });
  same((k) => board.get(k), board.size, "Yjs");

  const [readNs, mapNs] = [[], []] as [number[], number[]];
  for (let i = 0; i < 5; i++) {
    readNs.push(reading(map, 4));
    mapNs.push(reading(plain.map, 4));
  }
  const middle = (all: number[]): number => all.sort((a, b) => a - b)[2]!;
  core.stop(link);
  pages.delete(link);
  doc.destroy();
  if (round > 0) console.log(JSON.stringify({ wasmMs, pageMs, jsMs, yjsMs, readNs: middle(readNs), mapNs: middle(mapNs) }));
}
process.exit(0); // the module waits for ever
