/** A device that this tab drives, as a device of its owner's CA: what it says stands in its reported map, and what others ask of it arrives as bundles. */
import { type Device, type DeviceOptions, type DeviceTimeline, type Handle, type SharedMap, type Value, WabError } from "@wabgo/client";
import { hex, unhex } from "./bytes.ts";
import { type Address, addressOf, allVerbs, type Driver, find, type Verb } from "./driver.ts";
import { Latest } from "./latest.ts";
import { meaningOf } from "./meaning.ts";
import type { Fit, Profile } from "./profile.ts";
import { fitting, profileNamed } from "./profiles.ts";
import { Radio } from "./radio.ts";
import { type Timers, timers } from "./turns.ts";
import { short } from "./uuid.ts";
import type { BluetoothDevice } from "./webbluetooth.ts";
import { clean, noSuch } from "./words.ts";

/** Sharing is whom a device is shared with: subjects of rules, "bob" or "group:alice/standup/people", and what they may. */
export interface Sharing {
  readonly with: readonly string[];
  readonly may: readonly Verb[];
}

export interface ShareOptions {
  /** The name of the device in its CA, such as "lamp": 1 to 54 of a-z 0-9 and -. */
  name: string;
  /** What drives it: one of these. */
  device?: BluetoothDevice;
  driver?: Driver;
  /** What it is taken for; the first profile that fits unless said. */
  profile?: Profile | string;
  /** What people read; what the device calls itself unless said. */
  title?: string;
  /** Whom it is shared with from the beginning, and what they may; nobody, and all, unless said. */
  with?: readonly string[];
  may?: readonly Verb[];
  /** Has it act with the picture of a call: call.timeline. */
  timeline?: DeviceTimeline | undefined;
  /** Ends it, as close does: the end of a call. While it isn't shared yet, the device is let go of at once, and share rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** So long is waited for the CA to hear that it is over, in ms. */
const lastWords = 2_000;

/** share connects to the device and makes it one of the CA's, which must be one's own. It rejects in words for people, and leaves nothing then. */
export async function share(ca: Handle, options: ShareOptions, clock: Timers = timers): Promise<SharedDevice> {
  const driver = options.driver ?? (options.device && new Radio(options.device, clock));
  if (!driver) throw new WabError("bad_request", "There is no device to share. Choose one first.");
  const shared = new SharedDevice(ca, driver, options, clock);
  try {
    await shared.start();
    return shared;
  } catch (e) {
    await shared.close();
    options.signal?.throwIfAborted(); // what failed then failed because of that
    throw e;
  }
}

export class SharedDevice {
  /** app:owner/local/device */
  readonly fullName: string;
  readonly name: string;
  readonly title: string;
  profile!: Profile;
  /** Whom it is shared with now. */
  sharing: Sharing | undefined;
  /** ended resolves when it is over: with why, where it did not end by close. */
  readonly ended: Promise<WabError | undefined>;
  /** Hears when anything about it has changed. */
  onchange: (() => void) | undefined;

  private end!: (why: WabError | undefined) => void;
  private fit!: Fit;
  private told: Fit["state"] | undefined; // the state that was said last
  private device: Device | undefined;
  private reported: SharedMap<Value> | undefined;
  private readonly said = new Set<string>(); // keys
  private readonly latest: Latest<unknown>;
  private over = false;
  private readonly letGo = (): void => this.driver.close();
  private readonly leave = (): void => void this.close();

  constructor(private readonly ca: Handle, readonly driver: Driver, private readonly options: ShareOptions, clock: Timers) {
    this.name = options.name;
    this.fullName = `${ca.name}/${options.name}`;
    this.title = clean(options.title) || driver.name;
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.latest = new Latest((key, value) => this.pass(key, value), clock);
    driver.onvalue = (at, value) => this.heard(at, value);
    driver.onreach = () => this.moved();
  }

  /** state is what it is like in its profile's words. */
  get state(): Fit["state"] { return this.fit.state; }

  async start(): Promise<void> {
    const { signal } = this.options;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", this.letGo, { once: true });
    await this.driver.connect();
    signal?.throwIfAborted();
    const wanted = typeof this.options.profile === "string" ? profileNamed(this.options.profile) : this.options.profile;
    ({ profile: this.profile, fit: this.fit } = fitting(this.driver.services, wanted));
    this.reported = await this.ca.map<Value>(`${this.name}-reported`);
    signal?.throwIfAborted();
    this.device = await this.ca.device(this.name, { commands: this.commands(), onError: () => undefined, timeline: this.options.timeline });
    signal?.throwIfAborted();
    void this.device.ended.then((why) => this.finish(why));
    for (const key of this.reported.keys()) this.device.report(key, null); // what an earlier one has left
    this.introduce();
    await this.allow(this.options.with?.length ? { with: this.options.with, may: this.options.may ?? allVerbs } : undefined);
    if (typeof window !== "undefined") addEventListener("pagehide", this.leave);
    await this.look();
    signal?.throwIfAborted();
    signal?.removeEventListener("abort", this.letGo);
    signal?.addEventListener("abort", this.leave, { once: true });
  }

  set timeline(t: DeviceTimeline | undefined) {
    if (this.device) this.device.timeline = t;
  }

  /** shareWith replaces whom it is shared with; nobody takes all of it back. It is so for everybody when this resolves. */
  async shareWith(subjects: readonly string[], may: readonly Verb[] = allVerbs): Promise<void> {
    await this.allow(subjects.length && may.length ? { with: [...subjects], may: [...may] } : undefined);
  }

  /** revoke takes back what others may. It goes on as its owner's. */
  revoke(): Promise<void> {
    return this.allow(undefined);
  }

  /** close ends it: others may nothing any more, and what it said is gone. */
  async close(): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.driver.close();
    const revoked = this.device && this.ca.call("DeviceRevoke", [this.name], { timeout: lastWords }).catch(() => undefined); // the rules end with the device's session, too
    this.latest.end();
    for (const key of this.said) this.tell(key, null);
    await Promise.all([revoked, this.device?.close()]);
    this.finish(undefined);
  }

  private finish(why: WabError | undefined): void {
    this.over = true;
    for (const heard of [this.letGo, this.leave]) this.options.signal?.removeEventListener("abort", heard);
    if (typeof window !== "undefined") removeEventListener("pagehide", this.leave);
    this.latest.end();
    this.reported?.close();
    this.driver.close();
    this.end(why);
    this.onchange?.();
  }

  private async allow(sharing: Sharing | undefined): Promise<void> {
    if (sharing) await this.ca.call("DeviceShare", [this.name, sharing]);
    else await this.ca.call("DeviceRevoke", [this.name]);
    this.sharing = sharing;
    this.say("shared", sharing ?? null);
    this.onchange?.();
  }

  private introduce(): void {
    const { profile, fit, driver } = this;
    this.say("info", { name: this.title, profile: profile.name, kind: driver.kind, ...(fit.title && { made: fit.title }) });
    this.describe();
    this.sayState();
    this.say("reach", driver.reach);
    this.latest.flush();
    this.show();
  }

  private describe(): void {
    this.say("services", this.driver.services.map((s) => ({ uuid: s.uuid, characteristics: s.characteristics.map(({ uuid, can }) => ({ uuid, can: [...can] })) })));
  }

  /** look reads and follows what the profile wants; what a device refuses of that is its own affair. */
  private async look(): Promise<void> {
    const has = (at: Address, verb: Verb): boolean => find(this.driver.services, at)?.can.includes(verb) ?? false;
    for (const at of this.fit.reads) if (has(at, "read")) await this.driver.read(at).catch(() => undefined);
    for (const at of this.fit.follows) if (has(at, "notify")) await this.driver.notify(at, true).catch(() => undefined);
  }

  private commands(): NonNullable<DeviceOptions["commands"]> {
    const { driver } = this;
    const own = Object.entries(this.fit.commands).map(([name, f]) => [name, (...args: unknown[]) => f(driver, ...args).finally(() => this.sayState())]);
    return {
      read: async (service: unknown, characteristic: unknown) => void (await driver.read(this.at(service, characteristic))),
      notify: (service: unknown, characteristic: unknown, on: unknown = true) => driver.notify(this.at(service, characteristic), on !== false),
      write: async (service: unknown, characteristic: unknown, value: unknown) => {
        const at = this.at(service, characteristic);
        const bytes = unhex(value);
        await driver.write(at, bytes);
        this.heard(at, bytes);
      },
      ...(Object.fromEntries(own) as NonNullable<DeviceOptions["commands"]>),
    };
  }

  private at(service: unknown, characteristic: unknown): Address {
    const at = addressOf(short(String(service)), short(String(characteristic)));
    if (!find(this.driver.services, at)) throw noSuch(this.driver.name, at);
    return at;
  }

  private heard(at: Address, value: Uint8Array): void {
    if (this.over) return;
    const text = meaningOf(at.split("/")[1]!, value);
    this.say(`value/${at}`, { hex: hex(value), ...(text && { text }), at: this.ca.clock.now() });
    this.fit?.heard(at, value);
    this.sayState();
  }

  private sayState(): void {
    if (!this.fit || this.fit.state === this.told) return;
    this.told = this.fit.state;
    this.say("state", this.told);
  }

  private moved(): void {
    if (this.over || !this.fit) return;
    this.say("reach", this.driver.reach);
    this.show();
    if (this.driver.reach !== "here") return;
    this.describe();
    void this.look();
  }

  /** show tells those who look at it that somebody drives it: that ends with the tab, whatever becomes of it. */
  private show(): void {
    this.reported?.presence.set({ device: this.name, reach: this.driver.reach });
  }

  private say(key: string, value: unknown): void {
    this.latest.put(key, value);
    this.onchange?.();
  }

  private pass(key: string, value: unknown): void {
    if (this.over) return;
    this.said.add(key);
    this.tell(key, value);
  }

  private tell(key: string, value: unknown): void {
    try {
      this.device?.report(key, value);
    } catch {
      // a device that has ended, or has too much to say while it is cut off: what it says next counts
    }
  }
}
