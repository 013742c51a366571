/** A fake of what a browser gives pages for a Bluetooth device, as strict as Chromium: one operation at a time, and objects that end with their connection. */
import { full } from "../uuid.ts";
import type { BluetoothDevice, GATTCharacteristic, GATTServer, GATTService } from "../webbluetooth.ts";

type Property = keyof GATTCharacteristic["properties"];

export interface FakeService {
  readonly uuid: string;
  readonly characteristics: { readonly [uuid: string]: readonly Property[] };
}

/** Operation is what the device got; the test answers when answers is false. */
export interface Operation {
  readonly kind: "read" | "write" | "write-quick" | "notify" | "stop";
  readonly at: string;
  readonly value: number[];
  done(result?: Uint8Array<ArrayBuffer>): void;
  fail(name: string): void;
}

export class FakeDevice extends EventTarget implements BluetoothDevice {
  readonly id = "fake";
  readonly got: Operation[] = [];
  readonly held = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Whether it answers by itself. */
  answers = true;
  /** Whether it can be connected to; "hangs" never says. */
  near: boolean | "hangs" = true;
  connections = 0;
  busy = false;
  readonly gatt: FakeServer;
  private readonly live = new Map<string, FakeCharacteristic>();

  constructor(readonly services: readonly FakeService[], readonly name: string | undefined = "Fake") {
    super();
    this.gatt = new FakeServer(this);
  }

  /** leave carries it off. */
  leave(): void {
    this.near = false;
    this.gatt.drop();
  }

  /** tell notifies. */
  tell(at: string, ...value: number[]): void {
    this.live.get(at)?.tell(Uint8Array.from(value));
  }

  register(c: FakeCharacteristic): void {
    this.live.set(c.at, c);
  }
}

class FakeServer implements GATTServer {
  connected = false;
  life = 0;

  constructor(readonly device: FakeDevice) {}

  async connect(): Promise<GATTServer> {
    if (this.device.near === "hangs") await new Promise(() => undefined);
    if (!this.device.near) throw new DOMException("Bluetooth Device is no longer in range.", "NetworkError");
    if (!this.connected) {
      this.connected = true;
      this.life++;
      this.device.connections++;
    }
    return this;
  }

  disconnect(): void {
    this.drop();
  }

  drop(): void {
    if (!this.connected) return;
    this.connected = false;
    this.device.busy = false;
    this.device.dispatchEvent(new Event("gattserverdisconnected"));
  }

  async getPrimaryServices(): Promise<GATTService[]> {
    if (!this.connected) throw new DOMException("GATT Server is disconnected.", "NetworkError");
    return this.device.services.map((s) => ({
      uuid: full(s.uuid),
      getCharacteristics: async () => {
        const all = Object.entries(s.characteristics).map(([uuid, can]) => new FakeCharacteristic(this.device, `${s.uuid}/${uuid}`, can));
        if (!all.length) throw new DOMException("No Characteristics found in service.", "NotFoundError");
        return all;
      },
    }));
  }
}

class FakeCharacteristic extends EventTarget implements GATTCharacteristic {
  readonly uuid: string;
  readonly properties: GATTCharacteristic["properties"];
  value: DataView | undefined;
  private readonly life: number;
  private following = false;

  constructor(private readonly device: FakeDevice, readonly at: string, can: readonly Property[]) {
    super();
    this.uuid = full(at.split("/")[1]!.split("~")[0]!);
    const has = (p: Property): boolean => can.includes(p);
    this.properties = { read: has("read"), write: has("write"), writeWithoutResponse: has("writeWithoutResponse"), notify: has("notify"), indicate: has("indicate") };
    this.life = device.gatt.life;
    device.register(this);
  }

  async readValue(): Promise<DataView> {
    const value = (await this.do("read")) ?? this.device.held.get(this.at) ?? new Uint8Array(0);
    this.tell(value, true);
    return new DataView(value.buffer);
  }

  async writeValueWithResponse(value: Uint8Array): Promise<void> {
    await this.do("write", value);
    this.device.held.set(this.at, value.slice());
  }

  async writeValueWithoutResponse(value: Uint8Array): Promise<void> {
    await this.do("write-quick", value);
    this.device.held.set(this.at, value.slice());
  }

  async startNotifications(): Promise<this> {
    await this.do("notify");
    this.following = true;
    return this;
  }

  async stopNotifications(): Promise<this> {
    await this.do("stop");
    this.following = false;
    return this;
  }

  tell(value: Uint8Array, always = false): void {
    if (!this.following && !always) return;
    this.value = new DataView(value.slice().buffer);
    this.dispatchEvent(new Event("characteristicvaluechanged"));
  }

  private do(kind: Operation["kind"], value: Uint8Array = new Uint8Array(0)): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { device } = this;
    if (!device.gatt.connected || this.life !== device.gatt.life) return Promise.reject(new DOMException("Characteristic is no longer valid.", "InvalidStateError"));
    if (device.busy) return Promise.reject(new DOMException("GATT operation already in progress.", "NetworkError"));
    device.busy = true;
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(new DOMException("GATT Server is disconnected.", "NetworkError"));
      const over = (): void => {
        device.busy = false;
        device.removeEventListener("gattserverdisconnected", lost);
      };
      device.addEventListener("gattserverdisconnected", lost, { once: true });
      const op: Operation = {
        kind, at: this.at, value: [...value],
        done: (result) => (over(), resolve(result)),
        fail: (name) => (over(), reject(new DOMException("No.", name))),
      };
      device.got.push(op);
      if (device.answers) setImmediate(() => op.done());
    });
  }
}
