/** Devices without hardware: they answer as real ones do, from a table of characteristics. */
import { type Address, addressOf, type Driver, find, maxValue, type Reach, type Service, type Verb } from "./driver.ts";
import { cannot, clean, closed, noSuch, outOfReach, tooLong } from "./words.ts";

/** Cell is a characteristic of a virtual device, and what it holds. */
export interface Cell {
  readonly service: string;
  readonly uuid: string;
  readonly can: readonly Verb[];
  value: Uint8Array;
  /** What the device makes of a value that was written; it throws what it doesn't take. */
  write?(value: Uint8Array): void;
}

export class Virtual implements Driver {
  readonly kind = "virtual";
  readonly name: string;
  readonly services: readonly Service[];
  reach: Reach = "lost";
  onvalue: Driver["onvalue"];
  onreach: Driver["onreach"];
  private readonly cells = new Map<Address, Cell>();
  private readonly listening = new Set<Address>();

  constructor(name: string, cells: readonly Cell[]) {
    this.name = clean(name);
    for (const c of cells) this.cells.set(addressOf(c.service, c.uuid), c);
    this.services = [...new Set(cells.map((c) => c.service))].map((uuid) => ({ uuid, characteristics: cells.filter((c) => c.service === uuid).map(({ uuid, can }) => ({ uuid, can })) }));
  }

  async connect(): Promise<void> {
    this.come();
  }

  async read(at: Address): Promise<Uint8Array> {
    const { value } = this.cell(at, "read");
    this.onvalue?.(at, value);
    return value;
  }

  async write(at: Address, value: Uint8Array): Promise<void> {
    if (value.length > maxValue) throw tooLong();
    const c = this.cell(at, "write");
    c.write?.(value);
    this.put(at, value);
  }

  async notify(at: Address, on: boolean): Promise<void> {
    this.cell(at, "notify");
    if (on) this.listening.add(at);
    else this.listening.delete(at);
  }

  close(): void {
    this.become("gone");
    this.listening.clear();
  }

  /** leave is what a real device does when it is carried off, and come when it is brought back. */
  leave(): void {
    if (this.reach === "here") this.become("lost");
  }

  come(): void {
    if (this.reach === "lost") this.become("here");
  }

  /** put is a new value of the device's own; who listens hears of it. */
  put(at: Address, value: Uint8Array): void {
    const c = this.cells.get(at);
    if (!c) return;
    c.value = value.slice();
    if (this.reach === "here" && this.listening.has(at)) this.onvalue?.(at, c.value);
  }

  private cell(at: Address, verb: Verb): Cell {
    if (this.reach === "gone") throw closed(this.name);
    if (this.reach === "lost") throw outOfReach(this.name);
    const c = this.cells.get(at);
    if (!c) throw noSuch(this.name, at);
    if (!find(this.services, at)?.can.includes(verb)) throw cannot(this.name, at, { read: "read", write: "written", notify: "followed" }[verb]);
    return c;
  }

  private become(reach: Reach): void {
    if (this.reach === reach || this.reach === "gone") return;
    this.reach = reach;
    this.onreach?.(reach);
  }
}
