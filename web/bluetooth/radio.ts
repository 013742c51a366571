/** The driver of a real device, over Web Bluetooth. */
import { type Address, addressOf, type Characteristic, type Driver, maxValue, type Reach, type Service, type Verb } from "./driver.ts";
import { Recall } from "./recall.ts";
import { type Timers, timers, Turns } from "./turns.ts";
import { short } from "./uuid.ts";
import type { BluetoothDevice, GATTCharacteristic, GATTService } from "./webbluetooth.ts";
import { cannot, clean, closed, noSuch, outOfReach, refusedBy, tooLong, tooMuch, tooSlow } from "./words.ts";

/** What a device may have; a strange one may offer thousands. */
const maxServices = 32;
const maxCharacteristics = 128;

/** How many operations may wait, and how long one, or a connection, may take, in ms. */
const maxWaiting = 32;
const patience = 5_000;
const connecting = 20_000;

export class Radio implements Driver {
  readonly kind = "bluetooth";
  readonly name: string;
  services: readonly Service[] = [];
  reach: Reach = "lost";
  onvalue: Driver["onvalue"];
  onreach: Driver["onreach"];
  private readonly found = new Map<Address, GATTCharacteristic>();
  private readonly listening = new Map<Address, () => void>(); // what to do to stop hearing; kept over a loss of connection
  private readonly turns: Turns;
  private readonly recall: Recall;

  constructor(private readonly device: BluetoothDevice, private readonly clock: Timers = timers) {
    const name = (this.name = clean(device.name) || "A device without a name");
    this.turns = new Turns({ most: maxWaiting, patience, full: () => tooMuch(name), late: () => this.late() }, clock);
    this.recall = new Recall(() => this.open(), clock);
    device.addEventListener("gattserverdisconnected", this.lost);
  }

  async connect(): Promise<void> {
    try {
      await this.open();
    } catch (e) {
      this.close();
      throw e;
    }
  }

  read(at: Address): Promise<Uint8Array> {
    return this.do(at, "read", async (c) => {
      const value = bytes(await c.readValue());
      this.heard(at, value);
      return value;
    });
  }

  write(at: Address, value: Uint8Array): Promise<void> {
    if (value.length > maxValue) return Promise.reject(tooLong());
    return this.do(at, "write", (c) => (c.properties.write ? c.writeValueWithResponse(value) : c.writeValueWithoutResponse(value)));
  }

  notify(at: Address, on: boolean): Promise<void> {
    return this.do(at, "notify", async (c) => {
      this.listening.get(at)?.();
      this.listening.delete(at);
      if (on) await this.listen(at, c);
      else await c.stopNotifications();
    });
  }

  close(): void {
    if (this.reach === "gone") return;
    this.recall.stop();
    this.device.removeEventListener("gattserverdisconnected", this.lost);
    this.forget();
    this.become("gone");
    this.turns.fail(closed(this.name));
    this.device.gatt?.disconnect();
  }

  /** do has an operation wait for its turn, and finds the characteristic when that has come: it is another one after each connection. */
  private do<T>(at: Address, verb: Verb, f: (c: GATTCharacteristic) => Promise<T>): Promise<T> {
    if (this.reach === "gone") return Promise.reject(closed(this.name));
    if (this.reach === "lost") return Promise.reject(outOfReach(this.name));
    return this.turns.run(async () => {
      const c = this.found.get(at);
      if (!c) throw this.reach === "here" ? noSuch(this.name, at) : outOfReach(this.name);
      if (!verbs(c).includes(verb)) throw cannot(this.name, at, { read: "read", write: "written", notify: "followed" }[verb]);
      try {
        return await f(c);
      } catch (e) {
        throw this.reach === "here" && this.device.gatt?.connected ? refusedBy(this.name, e) : outOfReach(this.name);
      }
    });
  }

  private async listen(at: Address, c: GATTCharacteristic): Promise<void> {
    const hear = (): void => void (c.value && this.heard(at, bytes(c.value)));
    c.addEventListener("characteristicvaluechanged", hear);
    this.listening.set(at, () => c.removeEventListener("characteristicvaluechanged", hear));
    await c.startNotifications();
  }

  private heard(at: Address, value: Uint8Array): void {
    this.onvalue?.(at, value.slice(0, maxValue));
  }

  private async open(): Promise<void> {
    const { gatt } = this.device;
    if (!gatt) throw refusedBy(this.name, new DOMException("", "NotSupportedError"));
    try {
      await this.within(async () => {
        await gatt.connect();
        if (this.reach !== "gone") await this.discover(await gatt.getPrimaryServices());
      });
    } catch (e) {
      gatt.disconnect();
      throw refusedBy(this.name, e);
    }
    if (this.reach === "gone") return gatt.disconnect();
    if (!gatt.connected) throw outOfReach(this.name);
    this.become("here");
    for (const at of [...this.listening.keys()]) void this.notify(at, true).catch(() => this.listening.delete(at));
  }

  private within(f: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(connecting, () => reject(tooSlow(this.name)));
      f().then(resolve, reject).finally(cancel);
    });
  }

  private async discover(all: readonly GATTService[]): Promise<void> {
    this.found.clear();
    const services: Service[] = [];
    const count = new Map<string, number>();
    for (const s of all.slice(0, maxServices)) {
      const uuid = numbered(short(s.uuid), count);
      services.push({ uuid, characteristics: await this.characteristics(uuid, s) });
    }
    this.services = services;
  }

  private async characteristics(service: string, s: GATTService): Promise<Characteristic[]> {
    const all = await s.getCharacteristics().catch((e: DOMException) => {
      if (e.name === "NotFoundError") return []; // it has none that a page may see
      throw e;
    });
    const count = new Map<string, number>();
    return all.slice(0, maxCharacteristics - this.found.size).map((c) => {
      const uuid = numbered(short(c.uuid), count);
      this.found.set(addressOf(service, uuid), c);
      return { uuid, can: verbs(c) };
    });
  }

  private readonly lost = (): void => {
    if (this.reach !== "here") return;
    this.forget();
    this.become("lost");
    this.turns.fail(outOfReach(this.name));
    this.recall.start();
  };

  /** late ends a connection on which something hangs: the browser takes no other operation before that is over. */
  private late(): Error {
    this.device.gatt?.disconnect();
    return tooSlow(this.name);
  }

  private forget(): void {
    for (const stop of this.listening.values()) stop();
    this.found.clear();
  }

  private become(reach: Reach): void {
    this.reach = reach;
    this.onreach?.(reach);
  }
}

function verbs({ properties: p }: GATTCharacteristic): Verb[] {
  return [...(p.read ? ["read" as const] : []), ...(p.write || p.writeWithoutResponse ? ["write" as const] : []), ...(p.notify || p.indicate ? ["notify" as const] : [])];
}

/** numbered tells several of one kind in one place apart. */
function numbered(uuid: string, count: Map<string, number>): string {
  const n = (count.get(uuid) ?? 0) + 1;
  count.set(uuid, n);
  return n === 1 ? uuid : `${uuid}~${n}`;
}

const bytes = (v: DataView): Uint8Array => new Uint8Array(v.buffer, v.byteOffset, v.byteLength).slice();
