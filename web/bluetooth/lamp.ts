/** Lamps: on and off, a colour, how bright. */
import { WabError } from "@wabgo/client";
import { type Address, type Driver, find, type Service } from "./driver.ts";
import { type LampKind, lampKinds, type Writes } from "./lamps.ts";
import type { Command, Fit, Profile } from "./profile.ts";

/** LampState: null is not known, for many lamps don't tell. Brightness is 0 to 100. can is what this lamp does. */
export interface LampState {
  readonly on: boolean | null;
  readonly colour: string | null;
  readonly brightness: number | null;
  readonly can: readonly ("on" | "colour" | "brightness")[];
  [key: string]: unknown;
}

export const lamp: Profile = {
  name: "lamp",
  services: [...new Set(lampKinds.flatMap((k) => k.services))],
  prefixes: lampKinds.flatMap((k) => k.prefixes ?? []),
  fit(services) {
    for (const kind of lampKinds) {
      for (const service of kind.services) {
        if (find(services, `${service}/${kind.needs}`)?.can.includes("write")) return new Lamp(kind, service, services);
      }
    }
    return undefined;
  },
};

class Lamp implements Fit {
  readonly commands: { readonly [name: string]: Command };
  readonly reads: readonly Address[];
  readonly follows: readonly Address[];
  readonly title: string;
  state: LampState;

  constructor(private readonly kind: LampKind, private readonly service: string, services: readonly Service[]) {
    this.title = kind.title;
    const told = Object.keys(kind.tells ?? {}).map((c): Address => `${service}/${c}`);
    this.reads = told.filter((at) => find(services, at)?.can.includes("read"));
    this.follows = told.filter((at) => find(services, at)?.can.includes("notify"));
    const can = (["on", "colour", "brightness"] as const).filter((what) => what === "on" || kind[what]);
    this.state = { on: null, colour: null, brightness: null, can };
    this.commands = {
      on: async (driver, on) => this.turn(driver, "on", truth(on)),
      ...(kind.colour && { colour: async (driver: Driver, colour: unknown) => this.turn(driver, "colour", colourOf(colour)) }),
      ...(kind.brightness && { brightness: async (driver: Driver, level: unknown) => this.turn(driver, "brightness", levelOf(level)) }),
    };
  }

  heard(at: Address, value: Uint8Array): void {
    const told = this.kind.tells?.[at.split("/")[1]!]?.(value);
    if (told) this.state = { ...this.state, ...told };
  }

  /** turn writes what makes the lamp so, and believes it when the last of it has arrived. */
  private async turn(driver: Driver, what: "on" | "colour" | "brightness", value: boolean | string | number): Promise<void> {
    const next = { ...this.state, [what]: value };
    for (const [characteristic, bytes] of writesOf(this.kind, what, next)) await driver.write(`${this.service}/${characteristic}`, Uint8Array.from(bytes));
    this.state = { ...this.state, [what]: value };
  }
}

function writesOf(kind: LampKind, what: "on" | "colour" | "brightness", state: LampState): Writes {
  const wish = { on: state.on ?? true, rgb: rgbOf(state.colour ?? "#ffffff"), level: state.brightness ?? 100 };
  return kind[what]!(wish);
}

function truth(v: unknown): boolean {
  if (typeof v === "boolean") return v;
  throw new WabError("bad_request", "A lamp is switched on with true, and off with false.");
}

function colourOf(v: unknown): string {
  if (typeof v === "string" && /^#?[0-9a-f]{6}$/i.test(v)) return "#" + v.replace("#", "").toLowerCase();
  throw new WabError("bad_request", "A colour is written as #rrggbb, such as #ff8800.");
}

function levelOf(v: unknown): number {
  if (typeof v === "number" && v >= 0 && v <= 100) return Math.round(v);
  throw new WabError("bad_request", "Brightness is a number from 0 to 100.");
}

/** rgbOf reads #rrggbb. */
function rgbOf(colour: string): readonly [number, number, number] {
  const n = parseInt(colour.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}
