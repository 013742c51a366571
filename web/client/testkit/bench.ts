/** A tab as a device on a bench: the real core and background between a scripted page and a scripted server, with a clock that the test moves. */
import assert from "node:assert/strict";
import type { Alarm } from "../alarm.ts";
import type { Value } from "../cbor.ts";
import { type Device, type DeviceOptions, type DeviceTimeline, type Moment, openDevice, type Running } from "../device.ts";
import { DeviceRun, type Parts } from "../device-run.ts";
import { Session } from "../session.ts";
import { MapServer, type ServedMap } from "./mapserver.ts";
import { type FakeSocket, type Frame, token, World } from "./world.ts";

export const target = { server: "https://wab.test", token: token("alice") };

Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

export type Outcome = { id: string; outcome: string; command?: string; due: number; ran: number; bound: number; error?: string; method?: string; off?: number };

/** Bench is a device on a bench: what it ran, and what it reported. */
export class Bench {
  readonly ran: [command: string, args: unknown[], at: number][] = [];
  readonly values: [string, unknown][] = [];
  readonly outcomes: Outcome[] = [];
  readonly errors: unknown[] = [];
  readonly methods: string[] = []; // of commands that ran with media
  readonly bundles: ServedMap;
  readonly desired: ServedMap;
  bound = 2;
  device!: Device;
  /** What the server answers a report with; by default it takes it. */
  answer: (s: FakeSocket, f: Frame) => void = (s, f) => s.reply(34, f[1]!, f[2]!, null);

  private constructor(readonly w: World, readonly maps: MapServer) {
    this.bundles = maps.map("counter:alice/home/lamp-bundles", {});
    this.desired = maps.map("counter:alice/home/lamp-desired", {});
    const serve = w.server;
    w.server = (s, f) => (f[0] === 3 ? this.take(s, f) : serve(s, f));
  }

  static async make(): Promise<Bench> {
    const w = await World.start();
    return new Bench(w, new MapServer(w));
  }

  static async start(options: DeviceOptions = {}): Promise<Bench> {
    const b = await Bench.make();
    b.device = await b.open(options);
    return b;
  }

  /** open makes the device; its clock is the world's. */
  async open(options: DeviceOptions = {}, name = "lamp"): Promise<Device> {
    const b = this;
    const session = new Session(this.w.page().background, { target, app: "counter", ca: "home", session: name, keep: 0 }, 0);
    const clock = { now: () => b.w.time / 1000, get bound() { return b.bound; } };
    class Run extends DeviceRun {
      constructor(p: Parts) { super({ ...p, clock }, b.alarm()); }
    }
    const commands = {
      pin(this: Running, on: boolean) {
        b.ran.push(["pin", [on], b.w.time]);
        if (this.method) b.methods.push(this.method);
      },
      bad() { throw new Error("it is broken"); },
      async slow() { await new Promise<void>((resolve) => void b.w.after(100, resolve)); throw new Error("it took long"); },
    };
    const opening = openDevice(session, name, { commands, onError: (e) => b.errors.push(e), ...options }, () => Promise.resolve({ DeviceRun: Run }));
    opening.catch(() => {});
    await this.w.settle();
    return opening;
  }

  private alarm(): Alarm {
    return {
      near: 0,
      now: () => this.w.time / 1000,
      after: (ms, f) => {
        const timer = this.w.after(ms, f);
        return () => this.w.cancel(timer);
      },
      until: (ms) => new Promise((resolve) => void this.w.after(ms, resolve)),
      end: () => {},
    };
  }

  private take(s: FakeSocket, f: Frame): void {
    if (s.closed) return;
    const [, , , , , method, args] = f;
    assert.equal(method, "DeviceReport");
    const [name, values, outcomes] = args as [string, { [key: string]: unknown }, Outcome[]];
    assert.equal(name, "lamp");
    this.values.push(...Object.entries(values));
    this.outcomes.push(...outcomes);
    this.answer(s, f);
  }

  /** give has a bundle arrive: in so many ms, with commands [after in ms, name, args]. */
  async give(id: string, inMs: number, commands: [number, string, Value[]][], more: { late?: number; expires?: number; maxBound?: number; action?: number; beside?: boolean } = {}): Promise<number> {
    const at = inMs < 0 ? 0 : this.w.time + inMs * 1000;
    const list = commands.map(([after, ...rest]) => [after * 1000, ...rest]);
    const bundle = [id, at, more.expires ?? 0, more.late ?? 0, 50_000, more.maxBound ?? 0, list, [[0, "pin", [false]]],
      more.action ? ["counter:alice/home/room", "bobs-own", more.action, at - 1_000_000] : null, more.beside ?? false];
    this.maps.commit([this.bundles, { [id]: bundle }]);
    await this.w.settle();
    return at;
  }

  async close(): Promise<void> {
    const closing = this.device.close();
    await this.w.pass(2000);
    await closing;
  }
}

/** on switches a pin on: the command that bundles here begin with. */
export const on: [number, string, Value[]] = [0, "pin", [true]];

/** FakeTimeline is a call's: the test tells what is shown. */
export class FakeTimeline implements DeviceTimeline {
  readonly waiting = new Map<number, Parameters<DeviceTimeline["when"]>[2]>(); // by action
  readonly deadlines: number[] = [];
  cancelled = 0;
  /** What was shown already: by the method, and by how many ms before. */
  readonly shown = new Map<number, number>();

  when(moment: Moment, deadline: number, callback: Parameters<DeviceTimeline["when"]>[2]): () => void {
    this.deadlines.push(deadline);
    this.waiting.set(moment.action, callback);
    if (this.shown.has(moment.action)) this.show(moment.action, this.shown.get(moment.action));
    return () => {
      this.cancelled++;
      this.waiting.delete(moment.action);
    };
  }

  show(action: number, error_ms: number | undefined, method = "frame"): void {
    const callback = this.waiting.get(action);
    this.waiting.delete(action);
    callback?.({ method, error_ms });
  }
}
