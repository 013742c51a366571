/** What runs a device in a page: a file of its own, which is loaded for the first device. It imports nothing of the client's that has a state. */
import { alarm, type Alarm } from "./alarm.ts";
import type { Value } from "./cbor.ts";
import type { Device, DeviceOptions, DeviceTimeline, Running } from "./device.ts";
import type { Code, WabError } from "./error.ts";
import type { SharedMap } from "./map.ts";
import { Moments } from "./moments.ts";
import { type Report, Reports } from "./reports.ts";
import { type End, isID, parseBundle, type Run, Scheduler } from "./schedule.ts";
import type { Session } from "./session.ts";

/** ServerClock is the server's time in ms, and by how many ms it may be wrong. */
export interface ServerClock {
  now(): number;
  readonly bound: number;
}

/** Parts are what the client lends the device. */
export interface Parts {
  readonly name: string;
  readonly options: DeviceOptions;
  readonly session: Session;
  readonly clock: ServerClock;
  readonly desired: SharedMap<Value>;
  readonly bundles: SharedMap<Value>;
  copy(key: string, value: unknown): { value: unknown; size: number };
  error(code: Code, message: string): WabError;
}

/** Others who look at the desired values see us, this often anew, in ms. */
const showEvery = 30_000;

/** The last words of a device that is closed have this long, in ms. */
const lastWords = 1000;

/** Every sleep ends by then, in ms: the clock may be corrected meanwhile. */
const longest = 10_000;

const final: ReadonlySet<Code> = new Set<Code>(["not_allowed", "not_found", "conflict", "unauthenticated"]);
const hopeless: ReadonlySet<Code> = new Set<Code>(["bad_request", "too_large"]);

export class DeviceRun implements Device {
  readonly name: string;
  readonly desired: SharedMap<Value>;
  readonly ended: Promise<WabError | undefined>;
  private end!: (why: WabError | undefined) => void;
  private over = false;
  private readonly scheduler: Scheduler;
  private readonly reports: Reports;
  private readonly moments: Moments;
  private readonly offs: (() => void)[] = [];
  private seen = new Set<string>();
  private poke = (): void => {};
  private poked = false;
  private loops = 0; // when loop is next, by performance.now
  private shown = -Infinity;

  constructor(private readonly p: Parts, private readonly clock: Alarm = alarm()) {
    this.name = p.name;
    this.desired = p.desired;
    this.ended = new Promise((resolve) => (this.end = resolve));
    const commands = p.options.commands ?? {};
    this.scheduler = new Scheduler((name) => Object.hasOwn(commands, name));
    this.reports = new Reports((r) => this.send(r), (ms, f) => clock.after(ms, f));
    this.moments = new Moments(() => this.wake(), (e) => this.tell(e));
    this.moments.timeline = p.options.timeline;
  }

  get timeline(): DeviceTimeline | undefined { return this.moments.timeline; }
  set timeline(line: DeviceTimeline | undefined) { this.moments.timeline = line; }

  async start(): Promise<void> {
    await this.p.options.setup?.(this);
    this.offs.push(this.p.session.on("state", ({ state, reason }) => state === "refused" && this.finish(this.explain(reason))));
    for (const m of [this.p.desired, this.p.bundles]) {
      this.offs.push(m.on("state", ({ state, reason }) => (state === "ended" ? this.finish(this.explain(reason)) : this.wake())));
    }
    this.p.bundles.applied = () => this.wake();
    this.run().catch((e) => {
      this.tell(e);
      this.finish(this.p.error("internal", `The device ${this.name} can't go on.`));
    });
  }

  report(key: string, value: unknown): void {
    if (this.over) throw this.p.error("unavailable", "The device has ended.");
    const said = this.p.copy(key, value ?? null);
    if (!this.reports.value(key, said)) throw this.p.error("overloaded", "A device has at most 1,000 values to report at a time; wait until it is connected.");
  }

  async close(): Promise<void> {
    if (this.over) return;
    await Promise.race([this.reports.flushed(), new Promise<void>((resolve) => void this.clock.after(lastWords, resolve))]);
    this.finish(undefined);
  }

  private finish(why: WabError | undefined): void {
    if (this.over) return;
    this.over = true;
    for (const off of this.offs) off();
    this.reports.end();
    this.moments.end();
    this.wake();
    this.clock.end();
    this.p.session.close();
    this.end(why);
  }

  private explain(reason: { code: Code; message: string } | undefined): WabError {
    switch (reason?.code) {
      case "conflict": return this.p.error("conflict", `Another device called ${this.name} has taken over. Close that one first, or give this one another name.`);
      case "unauthenticated": return this.p.error("unauthenticated", `The token of the device ${this.name} is not valid any more; perhaps it has a newer one. Get a new token for it.`);
      default: return this.p.error(reason?.code ?? "unavailable", `The device ${this.name} can't go on: ${reason?.message ?? "its session was closed."}`);
    }
  }

  private wake(): void {
    this.poked = true;
    this.poke();
  }

  /** run is all that handlers run in. */
  private async run(): Promise<void> {
    while (!this.over) {
      this.poked = false;
      this.take();
      await this.runDue();
      await this.loop();
      this.show();
      await this.rest();
    }
  }

  /** time is the server's time in µs, and by how much it may be wrong; undefined while that can't be told. */
  private time(): { now: number; bound: number } | undefined {
    const { clock } = this.p;
    return Number.isFinite(clock.bound) ? { now: Math.round(clock.now() * 1000), bound: Math.round(clock.bound * 1000) } : undefined;
  }

  /** take takes bundles that have arrived. What comes from the cache may be over: it waits until the server has confirmed it. */
  private take(): void {
    const time = this.time();
    if (!time || this.p.bundles.state !== "live") return;
    const here = new Set(this.p.bundles.keys());
    const fresh = [...here].filter((id) => !this.seen.has(id)).map((id) => [id, parseBundle(this.p.bundles.get(id))] as const);
    this.seen = here;
    for (const [id, b] of fresh) if (!b || b.id !== id) this.refuse(id);
    const good = fresh.flatMap(([id, b]) => (b?.id === id ? [b] : []));
    good.sort((a, b) => a.at - b.at || a.expires - b.expires || (a.id < b.id ? -1 : 1)); // as they were made, as far as can be told
    for (const b of good) if (this.scheduler.add(time.now, b)) this.moments.await(b);
  }

  /** refuse reports on what is no bundle, if its id is one. */
  private refuse(id: string): void {
    if (!isID(id)) this.tell(this.p.error("bad_request", "A bundle has no id that one can have."));
    else this.reports.outcome({ id, outcome: "refused", due: 0, ran: 0, bound: 0, error: "The bundle is malformed." });
  }

  private async runDue(): Promise<void> {
    for (let time = this.time(); time && !this.over; time = this.time()) {
      for (const { moment, met } of this.moments.take()) this.scheduler.moment(time.now, moment, met);
      this.scheduler.tick(time.now, time.bound);
      const e = this.scheduler.next();
      if (!e) return;
      if (e.t === "run") await this.execute(e, time);
      else this.conclude(e);
    }
  }

  private async execute(e: Run, { now, bound }: { now: number; bound: number }): Promise<void> {
    const { name, args } = e.command;
    const running: Running = { device: this, command: name, bundle: e.id, due: e.due / 1000, ran: now / 1000, bound: bound / 1000, recovery: e.recovery, method: e.method || undefined };
    const failure = await this.guard(() => this.p.options.commands![name]!.call(running, ...args));
    this.scheduler.ran(e.id, e.n, now, failure);
  }

  private conclude(e: End): void {
    this.moments.forget(e.id);
    this.reports.outcome({
      id: e.id, outcome: e.outcome, ...(e.command && { command: e.command.name }), due: e.due, ran: e.ran, bound: e.bound, ...(e.text && { error: e.text }),
      ...(e.method && { method: e.method, off: e.off }),
    });
  }

  private async loop(): Promise<void> {
    const { loop, every = 1000 } = this.p.options;
    const now = this.clock.now();
    if (!loop || now < this.loops || this.over) return;
    this.loops = now + every;
    await this.guard(() => loop(this));
  }

  /** show tells others who look at the desired values that we are there, and how good our clock is. */
  private show(): void {
    const time = this.time();
    if (!time || this.over || this.clock.now() - this.shown < showEvery) return;
    this.shown = this.clock.now();
    this.desired.presence.set({ device: this.name, bound: time.bound, at: time.now });
  }

  /** guard runs a handler; what it throws is told, and returned as a text. */
  private async guard(f: () => unknown): Promise<string> {
    try {
      const result = f();
      if (result instanceof Promise) await result;
      return "";
    } catch (e) {
      this.tell(e);
      return (e instanceof Error ? e.message : String(e)).slice(0, 300) || "It failed.";
    }
  }

  private tell(e: unknown): void {
    try {
      (this.p.options.onError ?? console.error)(e);
    } catch (worse) {
      console.error(worse);
    }
  }

  /** rest waits until there is something to do. To what is far off we go in ever smaller steps, for the clock may be corrected on the way. */
  private async rest(): Promise<void> {
    if (this.poked || this.over) return;
    const time = this.time();
    const others = Math.min(longest, this.p.options.loop ? this.loops - this.clock.now() : longest);
    const wake = this.scheduler.wake;
    if (!time) return this.sleep(Math.min(others, 20));
    if (!wake) return this.sleep(others);
    const free = (wake - time.now) / 1000;
    if (free <= this.clock.near) return this.clock.until(free);
    return this.sleep(Math.min(others, Math.max(free / 2, free - 4 * this.clock.near) - this.clock.near));
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(Math.max(ms, 0), resolve);
      this.poke = () => (cancel(), resolve());
    });
  }

  /** send makes one report; an error that may pass is thrown. */
  private async send(r: Report): Promise<void> {
    try {
      await this.p.session.call("DeviceReport", [this.name, r.values, r.outcomes], { timeout: 0 });
    } catch (e) {
      const { code } = e as WabError;
      if (final.has(code)) this.finish(this.explain(e as WabError));
      else if (!hopeless.has(code)) throw e;
      else this.tell(e);
      if (hopeless.has(code) && r.outcomes.length && Object.keys(r.values).length) await this.send({ values: {}, outcomes: r.outcomes }); // a value was not taken
    }
  }
}
