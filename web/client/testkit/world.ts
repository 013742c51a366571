/** A browser's surroundings for tests in node: clock, timers, sockets, ports and locks that move only when the test says so. */
import "wasm_exec";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { readFileSync } from "node:fs";
import { Background } from "../background.ts";
import { decode, encode, type Value } from "../cbor.ts";
import { Core } from "../core.ts";
import { type Env, Host, type Socket } from "../host.ts";
import type { Port, Target } from "../protocol.ts";

export { token } from "./token.ts";

/** Frame is a frame's elements, the kind first. */
export type Frame = Value[];

const module = new WebAssembly.Module(readFileSync(process.env["WAB_WASM"]!));

Object.assign(globalThis, { IDBKeyRange });

/** Disk is what outlives a worker: databases, and who holds which lock. */
export class Disk {
  idb: globalThis.IDBFactory | undefined = new IDBFactory();
  private readonly held = new Map<string, (() => void)[]>();

  /** hold gives the lock to one after the other. */
  hold(lock: string): Promise<void> {
    const queue = this.held.get(lock);
    if (!queue) {
      this.held.set(lock, []);
      return Promise.resolve();
    }
    return new Promise((resolve) => queue.push(resolve));
  }

  /** fall is the end of who holds a lock. */
  fall(): void {
    for (const [lock, queue] of [...this.held]) {
      const next = queue.shift();
      if (next) next();
      else this.held.delete(lock);
    }
  }
}

/** What is queued is over when nothing has happened for so many rounds of node's event loop: databases take a few for each step. */
const patience = 20;

/** World runs one worker: the real core, and a fake everything else. */
export class World implements Env {
  time = 1_700_000_000_000_000;
  readonly sockets: FakeSocket[] = [];
  readonly host = new Host(this, "test");
  crashes = 0;
  /** Called for each frame that the worker sends; by default a server that welcomes and opens. */
  server: (s: FakeSocket, f: Frame) => void = (s, f) => agreeable(this, s, f);
  private readonly queue: (() => void)[] = [];
  private readonly timers = new Map<number, { at: number; f: () => void }>();
  private readonly locks = new Map<string, () => void>();
  private lastTimer = 0;

  constructor(readonly disk = new Disk()) {}

  get idb(): globalThis.IDBFactory | undefined { return this.disk.idb; }
  hold(lock: string): Promise<void> { return this.disk.hold(lock); }

  static async start(disk?: Disk): Promise<World> {
    const w = new World(disk);
    w.host.core = await Core.load((imports) => WebAssembly.instantiate(module, imports), w.host, () => w.now());
    return w;
  }

  now(): number { return this.time; }
  dial(url: string): Socket {
    const s = new FakeSocket(this, url);
    this.sockets.push(s);
    return s;
  }
  after(ms: number, f: () => void): unknown {
    this.timers.set(++this.lastTimer, { at: this.time + ms * 1000, f });
    return this.lastTimer;
  }
  cancel(timer: unknown): void { this.timers.delete(timer as number); }
  gone(lock: string, f: () => void): void { this.locks.set(lock, f); }
  crashed(): void { this.crashes++; }

  /** later queues what a browser would do in a task of its own. */
  later(f: () => void): void { this.queue.push(f); }

  /** release ends a page as its lock would tell it. */
  release(lock: string): void { this.later(this.locks.get(lock)!); }
  get heldLocks(): string[] { return [...this.locks.keys()]; }

  /** settle runs all that is queued, promises included. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < patience; idle++) {
      for (let f = this.queue.shift(); f; f = this.queue.shift()) {
        f();
        idle = 0;
      }
      await new Promise((r) => setImmediate(r));
    }
  }

  /** pass lets time go by, timer after timer. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms * 1000;
    for (;;) {
      await this.settle();
      const next = [...this.timers].filter(([, t]) => t.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!next) break;
      this.timers.delete(next[0]);
      this.time = Math.max(this.time, next[1].at);
      next[1].f();
    }
    this.time = end;
  }

  /** page opens a page with a port to the worker. */
  page(bound?: Target): Page {
    const [mine, theirs] = portPair(this);
    this.host.attach(theirs, bound);
    return { port: mine, background: new Background([() => mine]) };
  }

  get socket(): FakeSocket { return this.sockets.at(-1)!; }
}

export interface Page {
  readonly port: FakePort;
  readonly background: Background;
}

/** FakeSocket is one WebSocket and the server's end of it. */
export class FakeSocket implements Socket {
  binaryType = "";
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly frames: Frame[] = [];
  closed = false;

  constructor(private readonly world: World, readonly url: string) {
    world.later(() => this.onopen?.());
  }

  send(data: Uint8Array): void {
    const f = decode(data.slice()) as Frame;
    this.frames.push(f);
    this.world.later(() => !this.closed && this.world.server(this, f));
  }

  close(): void { this.closed = true; }

  /** reply sends a frame to the worker. */
  reply(...f: Frame): void {
    const bytes = encode(f);
    this.world.later(() => this.onmessage?.({ data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) }));
  }

  raw(data: unknown): void { this.world.later(() => this.onmessage?.({ data })); }

  cut(): void {
    this.closed = true;
    this.world.later(() => this.onclose?.());
  }

  of(kind: number): Frame[] { return this.frames.filter((f) => f[0] === kind); }
}

/** FakePort is one end of a channel whose messages are cloned, wait for a listener, and are delivered by World.settle. */
export class FakePort implements Port {
  peer: FakePort | undefined;
  private listener: ((e: MessageEvent) => void) | null = null;
  private readonly waiting: MessageEvent[] = [];

  constructor(private readonly world: World) {}

  get onmessage(): ((e: MessageEvent) => void) | null { return this.listener; }
  set onmessage(f: ((e: MessageEvent) => void) | null) {
    this.listener = f;
    if (f) for (const e of this.waiting.splice(0)) this.world.later(() => this.deliver(e));
  }

  postMessage(message: unknown, transfer: Transferable[]): void {
    const ports = transfer.filter((t) => (t as unknown) instanceof FakePort);
    const data: unknown = structuredClone(message, { transfer: transfer.filter((t) => !ports.includes(t)) as never[] });
    this.world.later(() => this.peer?.deliver({ data, ports } as unknown as MessageEvent));
  }

  close(): void { if (this.peer) this.peer.peer = undefined; }

  private deliver(e: MessageEvent): void {
    if (this.listener) this.listener(e);
    else this.waiting.push(e);
  }
}

export function portPair(world: World): [FakePort, FakePort] {
  const a = new FakePort(world), b = new FakePort(world);
  [a.peer, b.peer] = [b, a];
  return [a, b];
}

/** agreeable welcomes, opens and answers each request with [method, args]. */
export function agreeable(world: World, s: FakeSocket, f: Frame): void {
  switch (f[0]) {
    case 1: return s.reply(32, 1, "build", "alice", world.time, 0, 1 << 20, 256);
    case 2: return s.reply(33, f[1]!, f[5] !== 0, world.time);
    case 3: return s.reply(34, f[1]!, f[2]!, [f[5]!, f[6]!]);
    case 6: return s.reply(37, f[1]!, world.time, world.time);
    case 7: return s.reply(32, 1, "build", "alice", world.time, 0, 1 << 20, 256);
  }
}
