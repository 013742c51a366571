/** A fake of a connected CA with one device: what was reported and asked of it, and bundles that the test has it run. */
import type { Device, DeviceOptions, Handle, Running, WabError } from "@wabgo/client";

export class FakeCA {
  readonly name = "house:alice/home";
  readonly calls: [method: string, ...args: unknown[]][] = [];
  readonly reported = new Map<string, unknown>();
  readonly reports: [at: number, key: string, value: unknown][] = [];
  readonly clock = { now: () => 1000 };
  shown: unknown;
  options: DeviceOptions | undefined;
  timeline: unknown;
  closed = 0;
  /** What a method rejects with. */
  readonly fails = new Map<string, Error>();
  private end: (why: WabError | undefined) => void = () => undefined;

  constructor(private readonly now: () => number = () => 0) {}

  get handle(): Handle { return this as unknown as Handle; }

  async call(method: string, args: unknown[]): Promise<unknown> {
    this.calls.push([method, ...args]);
    const e = this.fails.get(method);
    if (e) throw e;
    return null;
  }

  async map(): Promise<unknown> {
    return { keys: () => [...this.reported.keys()], presence: { set: (v: unknown) => (this.shown = v) }, close: () => (this.shown = undefined) };
  }

  async device(_name: string, options: DeviceOptions): Promise<Device> {
    const e = this.fails.get("device");
    if (e) throw e;
    this.options = options;
    this.timeline = options.timeline;
    const ca = this;
    const ended = new Promise<WabError | undefined>((resolve) => (this.end = resolve));
    const device = {
      ended,
      report(key: string, value: unknown) {
        ca.reports.push([ca.now(), key, value]);
        if (value === null || value === undefined) ca.reported.delete(key);
        else ca.reported.set(key, structuredClone(value));
      },
      async close() { ca.closed++; ca.end(undefined); },
      get timeline() { return ca.timeline; },
      set timeline(t) { ca.timeline = t; },
    };
    return device as unknown as Device;
  }

  /** takeOver ends the device as another of its name does. */
  takeOver(why: WabError): void {
    this.end(why);
  }

  /** run runs a command as a bundle would. */
  async run(command: string, ...args: unknown[]): Promise<unknown> {
    const f = this.options!.commands![command];
    if (!f) throw new Error(`no command ${command}`);
    return f.call({} as Running, ...args);
  }
}
