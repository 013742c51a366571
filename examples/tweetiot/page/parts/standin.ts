// This tab stands in for a device as long as nobody else is it: no gadget, no other tab. So a lamp is there from the first moment, and the real one takes its place.
import type { Device, Handle, SharedMap } from "@wabgo/client";
import type { Gadget } from "./gadget.ts";
import { ms } from "./timeline.ts";

/** After a failure, so long is waited at least before this tab tries again, in ms. */
const politely = 2_000;

/** Another that has taken over shows itself, or is gone again, within so many ms. */
const courteously = 20_000;

/** Where another was there before a cut, so long is waited for it to come back, in ms: it may be as quick as this tab, and would end if this one took over just then. */
const patiently = 5_000;

/** Who leaves may be a cut that is not known yet, for so many ms. */
const briefly = 500;

export class StandIn {
  private device: Device | undefined;
  private starting = false;
  private mine = false; // no other tab of this browser stands in
  private notBefore = 0;
  private elsewhere = false; // another is there
  private guest = false; // one was, since this tab was the device
  private cut = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ca: Handle,
    private readonly gadget: Gadget,
    private readonly name: string,
    private readonly desired: SharedMap,
    private readonly reported: SharedMap,
    private readonly hears: { acted(on: boolean): void; here(is: boolean): void },
  ) {
    desired.presence.on("change", () => this.look());
    desired.on("state", () => this.look());
    reported.on("change", () => this.mirror());
    this.mirror();
    this.look();
    void this.claim();
  }

  /** claim waits until no other tab of this browser stands in. Where there are no locks, as in a sandboxed frame, whoever comes last does. */
  private async claim(): Promise<void> {
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) return this.own();
    await locks.request(`tweetiot ${this.ca.name} ${this.name}`, () => (this.own(), new Promise(() => undefined))).catch(() => this.own());
  }

  private own(): void {
    this.mine = true;
    this.look();
  }

  /** others tells who else is this device: the best of their clocks' bounds in ms, which they show in µs, or nothing. */
  private others(): number | undefined {
    const all = this.desired.presence.others().filter(({ value }) => (value as { device?: string } | null)?.device === this.name);
    return all.length ? Math.min(...all.map(({ value }) => Number((value as { bound?: number }).bound ?? Infinity) / 1000)) : undefined;
  }

  /** look decides anew who is the device. */
  private look(): void {
    if (this.device) return this.gadget.place("here", "This page");
    const bound = this.others();
    if (bound !== undefined) {
      this.elsewhere = this.guest = true;
      this.notBefore = 0; // it has shown itself
      return this.gadget.place("elsewhere", Number.isFinite(bound) ? `Connected, ±${ms(bound)}` : "Connected");
    }
    this.leave(this.desired.state === "live");
    if (this.desired.state !== "live" || this.starting || !this.mine) return this.gadget.place("away", this.desired.state === "live" ? "In another tab" : "Offline");
    const wait = this.notBefore - Date.now();
    this.gadget.place("away", "Connecting …");
    clearTimeout(this.timer);
    if (wait > 0) this.timer = setTimeout(() => this.look(), wait);
    else void this.start();
  }

  /** leave gives another that isn't there any more the time to come back. */
  private leave(live: boolean): void {
    if (this.elsewhere) this.hold(briefly);
    if (live && this.cut && this.guest) this.hold(patiently);
    this.elsewhere = false;
    this.cut = !live;
  }

  private hold(ms: number): void {
    this.notBefore = Math.max(this.notBefore, Date.now() + ms);
  }

  private async start(): Promise<void> {
    this.starting = true;
    this.guest = false;
    try {
      this.device = await this.ca.device(this.name, { commands: { pin: (on: unknown) => this.pin(on === true) } });
      this.gadget.set(false, true);
      this.device.report("on", false);
      this.hears.here(true);
      void this.device.ended.then((e) => this.ended(e?.code === "conflict"));
    } catch {
      this.notBefore = Date.now() + politely;
    }
    this.starting = false;
    this.look();
  }

  private ended(taken: boolean): void {
    this.device = undefined;
    this.hears.here(false);
    this.gadget.set(false, true);
    this.notBefore = Date.now() + (taken ? courteously : politely);
    this.mirror();
    this.look();
  }

  private pin(on: boolean): void {
    this.gadget.set(on, true);
    this.device?.report("on", on);
    this.hears.acted(on);
  }

  /** mirror shows what the device says of itself, where it is not this page. */
  private mirror(): void {
    if (this.device) return;
    const on = this.reported.get("on") === true;
    if (on !== this.gadget.isOn) this.hears.acted(on);
    this.gadget.set(on, false);
  }
}
