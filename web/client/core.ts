/** The Go core behind its imports and exports: see wasm/core/doc.go for the contract of calls and memory. */
import type { Code } from "./error.ts";
import type { Reading } from "./protocol.ts";
import type { Opening } from "./place.ts";

/** What wasm_exec.js defines. */
interface GoRuntime {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
  /** Called when the module ends, which ours does only by a crash. */
  exit: (code: number) => void;
}

declare const Go: new () => GoRuntime;

/** LinkStatus is package link's Status. */
export const LinkStatus = { idle: 0, connecting: 1, resuming: 2, live: 3, offline: 4, refused: 5, stopped: 6 } as const;

/** MapState is package sharedmap's, as the core tells it, package follow's of topics, and package dial's of calls. */
export const MapState = { opening: 0, live: 1, stale: 2, ended: 3 } as const;

/** BatchFlag tells how a batch of a map's content is to be taken: see wasm/core/doc.go. */
export const BatchFlag = { reset: 1, part: 2, more: 4 } as const;

export interface Reason {
  readonly code: Code;
  readonly message: string;
}

/** Output is what the core asks for and tells. Byte arrays are valid during the call only. Nothing here may call the core. */
export interface Output {
  dial(link: number, conn: number): void;
  hangUp(link: number, conn: number): void;
  send(link: number, conn: number, frame: Uint8Array): void;
  /** wake wants tick at an instant, µs; 0 never. */
  wake(link: number, at: number): void;
  /** renew wants a fresh token: setToken or noToken is the answer, later. */
  renew(link: number): void;
  state(link: number, status: number, next: number, reason: Reason | undefined): void;
  opened(link: number, ch: number, first: boolean, resumed: boolean): void;
  closed(link: number, ch: number, reason: Reason): void;
  reply(link: number, ch: number, req: number, result: Uint8Array): void;
  failure(link: number, ch: number, req: number, reason: Reason, retryAfter: number): void;
  note(link: number, ch: number, seq: number, dropped: number, value: Uint8Array): void;
  /** clock tells what time it is at the server when it is local here, both in µs. */
  clock(link: number, reading: Reading): void;
  mapState(link: number, map: number, state: number, reason: Reason | undefined): void;
  mapChanged(link: number, map: number, flags: number, epoch: number, version: number, batch: Uint8Array): void;
  mapPresence(link: number, map: number, who: number, reset: boolean, people: Uint8Array): void;
  topicState(link: number, topic: number, state: number, reason: Reason | undefined): void;
  topicOpened(link: number, topic: number, opening: Opening): void;
  topicMessages(link: number, topic: number, epoch: number, offset: number, messages: Uint8Array): void;
  callState(link: number, call: number, state: number, reason: Reason | undefined): void;
  callOpened(link: number, call: number, resumed: boolean, member: string, payload: Uint8Array): void;
  callSignal(link: number, call: number, payload: Uint8Array): void;
  /** crashed tells that the module has ended: no call works any more. */
  crashed(): void;
}

interface Exports {
  mem: WebAssembly.Memory;
  scratch(n: number): number;
  start(link: number, token: number, client: number, now: number): void;
  flush(link: number): void;
  stop(link: number, now: number): void;
  setToken(link: number, token: number, now: number): void;
  noToken(link: number, now: number): void;
  retryNow(link: number, now: number): void;
  connected(link: number, conn: number, now: number): void;
  disconnected(link: number, conn: number, now: number): void;
  received(link: number, conn: number, frame: number, now: number): void;
  tick(link: number, now: number): void;
  openChannel(link: number, ca: number, session: number, keep: number, now: number): number;
  closeChannel(link: number, ch: number, now: number): void;
  request(link: number, ch: number, method: number, args: number, timeout: number, now: number): number;
  followClock(link: number, now: number): void;
  newMap(link: number, name: number): number;
  seedMap(link: number, map: number, batch: number): void;
  openMap(link: number, map: number, epoch: number, version: number, now: number): void;
  closeMap(link: number, map: number, now: number): void;
  dumpMap(link: number, map: number): void;
  setPresence(link: number, map: number, seat: number, value: number, now: number): void;
  openTopic(link: number, topic: number, ca: number, method: number, epoch: number, offset: number, now: number): number;
  closeTopic(link: number, topic: number, now: number): void;
  openCall(link: number, room: number, hello: number, now: number): number;
  helloCall(link: number, call: number, hello: number): void;
  sendCall(link: number, call: number, payload: number, now: number): number;
  closeCall(link: number, call: number, now: number): void;
}

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Core calls the exports. now is in µs since 1970. */
export class Core {
  private exports!: Exports;
  private view: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  private constructor(private readonly now: () => number) {}

  /** load starts the module. output hears nothing before load has resolved. */
  static async load(instantiate: (imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>, output: Output, now: () => number): Promise<Core> {
    const core = new Core(now);
    const go = new Go();
    const instance = await instantiate({ ...go.importObject, wab: core.imports(output) });
    core.exports = instance.exports as unknown as Exports;
    go.exit = () => output.crashed();
    void go.run(instance); // resolves never: its promise waits for an event of Go's own
    return core;
  }

  /** start makes a link under a number of the caller's choice. */
  start(link: number, token: string, client: string): void {
    const [t, c] = this.write(utf8.encode(token), utf8.encode(client));
    this.exports.start(link, t, c, this.now());
  }

  /** flush passes on what openChannel and request left. */
  flush(link: number): void {
    this.exports.flush(link);
  }

  stop(link: number): void {
    this.exports.stop(link, this.now());
  }

  setToken(link: number, token: string): void {
    const [t] = this.write(utf8.encode(token));
    this.exports.setToken(link, t, this.now());
  }

  /** noToken answers renew: there is none. */
  noToken(link: number): void {
    this.exports.noToken(link, this.now());
  }

  retryNow(link: number): void {
    this.exports.retryNow(link, this.now());
  }

  connected(link: number, conn: number): void {
    this.exports.connected(link, conn, this.now());
  }

  disconnected(link: number, conn: number): void {
    this.exports.disconnected(link, conn, this.now());
  }

  received(link: number, conn: number, frame: ArrayBuffer): void {
    const [n] = this.write(new Uint8Array(frame));
    this.exports.received(link, conn, n, this.now());
  }

  tick(link: number): void {
    this.exports.tick(link, this.now());
  }

  /** openChannel returns the channel's number. flush must follow. */
  openChannel(link: number, ca: string, session: string, keep: number): number {
    const [c, s] = this.write(utf8.encode(ca), utf8.encode(session));
    return this.exports.openChannel(link, c, s, keep, this.now());
  }

  closeChannel(link: number, ch: number): void {
    this.exports.closeChannel(link, ch, this.now());
  }

  /** request returns the number that its outcome bears. flush must follow. timeout is in ms, 0 for none. */
  request(link: number, ch: number, method: string, args: Uint8Array, timeout: number): number {
    const [m, a] = this.write(utf8.encode(method), args);
    return this.exports.request(link, ch, m, a, timeout * 1000, this.now());
  }

  /** followClock wants to know the server's time. */
  followClock(link: number): void {
    this.exports.followClock(link, this.now());
  }

  /** newMap gives a number to a map; seedMap and openMap follow. */
  newMap(link: number, name: string): number {
    const [n] = this.write(utf8.encode(name));
    return this.exports.newMap(link, n);
  }

  /** seedMap hands in what a cache holds. */
  seedMap(link: number, map: number, batch: Uint8Array): void {
    const [n] = this.write(batch);
    this.exports.seedMap(link, map, n);
  }

  openMap(link: number, map: number, epoch: number, version: number): void {
    this.exports.openMap(link, map, epoch, version, this.now());
  }

  closeMap(link: number, map: number): void {
    this.exports.closeMap(link, map, this.now());
  }

  /** dumpMap tells all of a map once more, before it returns. */
  dumpMap(link: number, map: number): void {
    this.exports.dumpMap(link, map);
  }

  /** setPresence shows one CBOR item to the others in a map, from one of our seats; an empty one withdraws it. */
  setPresence(link: number, map: number, seat: number, value: Uint8Array): void {
    const [n] = this.write(value);
    this.exports.setPresence(link, map, seat, n, this.now());
  }

  /** openTopic gives the number of a subscription, which goes back to the position if it is further on. */
  openTopic(link: number, topic: string, ca: string, method: string, epoch: number, offset: number): number {
    const [t, c, m] = this.write(utf8.encode(topic), utf8.encode(ca), utf8.encode(method));
    return this.exports.openTopic(link, t, c, m, epoch, offset, this.now());
  }

  closeTopic(link: number, topic: number): void {
    this.exports.closeTopic(link, topic, this.now());
  }

  /** openCall enters a room, and gives the call's number. */
  openCall(link: number, room: string, hello: Uint8Array): number {
    const [r, h] = this.write(utf8.encode(room), hello);
    return this.exports.openCall(link, r, h, this.now());
  }

  /** helloCall is what the room is told the next time. */
  helloCall(link: number, call: number, hello: Uint8Array): void {
    const [n] = this.write(hello);
    this.exports.helloCall(link, call, n);
  }

  /** sendCall says something if the call is live, and tells whether it did. */
  sendCall(link: number, call: number, payload: Uint8Array): boolean {
    const [n] = this.write(payload);
    return this.exports.sendCall(link, call, n, this.now()) !== 0;
  }

  closeCall(link: number, call: number): void {
    this.exports.closeCall(link, call, this.now());
  }

  /** write puts chunks into the scratch buffer and returns their lengths. */
  private write<T extends Uint8Array[]>(...chunks: T): { [K in keyof T]: number } {
    let at = this.exports.scratch(chunks.reduce((n, c) => n + c.length, 0)) >>> 0;
    const memory = this.memory();
    for (const c of chunks) {
      memory.set(c, at);
      at += c.length;
    }
    return chunks.map((c) => c.length) as { [K in keyof T]: number };
  }

  /** memory is a view of the module's memory, made anew after it has grown. */
  private memory(): Uint8Array<ArrayBuffer> {
    const { buffer } = this.exports.mem;
    if (this.view.buffer !== buffer) this.view = new Uint8Array(buffer);
    return this.view;
  }

  private bytes(p: number, n: number): Uint8Array<ArrayBuffer> {
    return this.memory().subarray(p >>> 0, (p >>> 0) + n);
  }

  private text(p: number, n: number): string {
    return text.decode(this.bytes(p, n));
  }

  private imports(out: Output): WebAssembly.ModuleImports {
    const reason = (cp: number, cn: number, mp: number, mn: number): Reason => ({ code: this.text(cp, cn) as Code, message: this.text(mp, mn) });
    return {
      random: (p: number, n: number) => crypto.getRandomValues(this.bytes(p, n)),
      dial: (link: number, conn: number) => out.dial(link, conn),
      hangUp: (link: number, conn: number) => out.hangUp(link, conn),
      send: (link: number, conn: number, p: number, n: number) => out.send(link, conn, this.bytes(p, n)),
      wake: (link: number, at: number) => out.wake(link, at),
      renew: (link: number) => out.renew(link),
      state: (link: number, status: number, next: number, cp: number, cn: number, mp: number, mn: number) =>
        out.state(link, status, next, cn > 0 ? reason(cp, cn, mp, mn) : undefined),
      opened: (link: number, ch: number, first: number, resumed: number) => out.opened(link, ch, first !== 0, resumed !== 0),
      closed: (link: number, ch: number, cp: number, cn: number, mp: number, mn: number) => out.closed(link, ch, reason(cp, cn, mp, mn)),
      reply: (link: number, ch: number, req: number, p: number, n: number) => out.reply(link, ch, req, this.bytes(p, n)),
      failure: (link: number, ch: number, req: number, cp: number, cn: number, mp: number, mn: number, retryAfter: number) =>
        out.failure(link, ch, req, reason(cp, cn, mp, mn), retryAfter),
      note: (link: number, ch: number, seq: number, dropped: number, p: number, n: number) => out.note(link, ch, seq, dropped, this.bytes(p, n)),
      clock: (link: number, local: number, server: number, drift: number, bound: number, settled: number) =>
        out.clock(link, { local, server, drift, bound, settled: settled !== 0 }),
      mapState: (link: number, map: number, state: number, cp: number, cn: number, mp: number, mn: number) =>
        out.mapState(link, map, state, cn > 0 ? reason(cp, cn, mp, mn) : undefined),
      mapChanged: (link: number, map: number, flags: number, epoch: number, version: number, p: number, n: number) =>
        out.mapChanged(link, map, flags, epoch, version, this.bytes(p, n)),
      mapPresence: (link: number, map: number, who: number, reset: number, p: number, n: number) =>
        out.mapPresence(link, map, who, reset !== 0, this.bytes(p, n)),
      topicState: (link: number, topic: number, state: number, cp: number, cn: number, mp: number, mn: number) =>
        out.topicState(link, topic, state, cn > 0 ? reason(cp, cn, mp, mn) : undefined),
      topicOpened: (link: number, topic: number, epoch: number, offset: number, before: number, gap: number, missed: number) =>
        out.topicOpened(link, topic, { epoch, offset, before, gap: gap !== 0, missed }),
      topicMessages: (link: number, topic: number, epoch: number, offset: number, p: number, n: number) =>
        out.topicMessages(link, topic, epoch, offset, this.bytes(p, n)),
      callState: (link: number, call: number, state: number, cp: number, cn: number, mp: number, mn: number) =>
        out.callState(link, call, state, cn > 0 ? reason(cp, cn, mp, mn) : undefined),
      callOpened: (link: number, call: number, resumed: number, wp: number, wn: number, p: number, n: number) =>
        out.callOpened(link, call, resumed !== 0, this.text(wp, wn), this.bytes(p, n)),
      callSignal: (link: number, call: number, p: number, n: number) => out.callSignal(link, call, this.bytes(p, n)),
    };
  }
}
