/** What a device's bundles wait for in the video of a call. */
import type { DeviceTimeline } from "./device.ts";
import type { Bundle, Met, Moment } from "./schedule.ts";

/** Came is a moment that has come. */
export interface Came { readonly moment: Moment; readonly met: Met }

/** A difference that no CA would take costs nobody the report. */
const day = 24 * 3600e6;
const micros = (ms: number | undefined): number => Math.max(-day, Math.min(Math.round((ms || 0) * 1000), day)) || 0; // not -0, which is no whole number on the wire

export class Moments {
  private readonly bundles = new Map<string, Bundle>();
  private readonly cancels = new Map<string, () => void>();
  private came: Came[] = [];
  private line: DeviceTimeline | undefined;

  /** woken hears that take has something. */
  constructor(private readonly woken: () => void, private readonly failed: (e: unknown) => void) {}

  get timeline(): DeviceTimeline | undefined { return this.line; }

  /** timeline takes the place of the one before: what waits is asked of it. */
  set timeline(line: DeviceTimeline | undefined) {
    if (line === this.line) return;
    for (const id of [...this.cancels.keys()]) this.cancel(id);
    this.line = line;
    for (const b of this.bundles.values()) this.ask(b);
  }

  /** await has a bundle's moment told, if it has one. */
  await(b: Bundle): void {
    if (!b.moment) return;
    this.bundles.set(b.id, b);
    this.ask(b);
  }

  /** forget ends that, where the bundle is over. */
  forget(id: string): void {
    this.bundles.delete(id);
    this.cancel(id);
  }

  end(): void {
    for (const id of [...this.bundles.keys()]) this.forget(id);
    this.came = [];
  }

  /** take gives what has come since. */
  take(): Came[] { return this.came.splice(0); }

  private cancel(id: string): void {
    const cancel = this.cancels.get(id);
    this.cancels.delete(id);
    if (cancel) this.guard(cancel);
  }

  private ask(b: Bundle): void {
    const line = this.line;
    if (!line) return;
    let over = false;
    const heard: Parameters<DeviceTimeline["when"]>[2] = ({ method, error_ms }) => {
      if (over || line !== this.line || !this.bundles.has(b.id)) return;
      over = true;
      this.cancels.delete(b.id);
      if (method === "deadline") return; // the scheduler's own: it knows its clock
      this.came.push({ moment: b.moment!, met: { method: String(method).slice(0, 20) || "unknown", off: micros(error_ms) } });
      this.woken();
    };
    this.guard(() => {
      const cancel = line.when(b.moment!, b.at, heard);
      if (!over) this.cancels.set(b.id, cancel);
    });
  }

  /** guard keeps what a page's own timeline throws from the device. */
  private guard(f: () => void): void {
    try {
      f();
    } catch (e) {
      this.failed(e);
    }
  }
}
