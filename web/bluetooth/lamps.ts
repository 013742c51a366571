/**
 * The lamps that we have words for. What makers don't document was found out by others, and is written down in public notes; see README.md for which. A lamp
 * that is none of these is a device like any other: its characteristics can be read and written.
 */

/** Wish is what a lamp should be like as a whole: some want all of it at once. level is 0 to 100. */
export interface Wish {
  readonly on: boolean;
  readonly rgb: readonly [number, number, number];
  readonly level: number;
}

/** Writes go to characteristics of the lamp's service, in order. */
export type Writes = readonly (readonly [characteristic: string, bytes: readonly number[]])[];

type Told = { readonly on?: boolean; readonly colour?: string; readonly brightness?: number };

export interface LampKind {
  readonly title: string;
  /** Services by which it is known, any of them, and the characteristic there without which it is another one. */
  readonly services: readonly string[];
  readonly needs: string;
  /** How their names begin: many don't say what services they have. */
  readonly prefixes?: readonly string[];
  on(wish: Wish): Writes;
  colour?(wish: Wish): Writes;
  brightness?(wish: Wish): Writes;
  /** What values of these characteristics tell. */
  readonly tells?: { readonly [characteristic: string]: (value: Uint8Array) => Told | undefined };
}

/** Our own lamp: three characteristics that can be read, written and followed. Ten lines of a sketch make one of any board. */
export const ownLamp = {
  service: "8e7d0000-1f5a-4c7e-9b7c-77616c616d70",
  on: "8e7d0001-1f5a-4c7e-9b7c-77616c616d70", // 1 byte: 0 or 1
  colour: "8e7d0002-1f5a-4c7e-9b7c-77616c616d70", // 3 bytes: red, green, blue
  brightness: "8e7d0003-1f5a-4c7e-9b7c-77616c616d70", // 1 byte: 0 to 100
} as const;

const led = "00001525-1212-efde-1523-785feabcd123";
const hue = (n: number): string => `932c32bd-000${n}-47a2-835a-a8d455b859dd`;

/** dimmed is for lamps that know colours and no brightness. */
const dimmed = ({ rgb, level }: Wish): number[] => rgb.map((c) => Math.round((c * level) / 100));
const hexColour = (rgb: Iterable<number>): string => "#" + Array.from(rgb, (c) => c.toString(16).padStart(2, "0")).join("");
const flag = (v: Uint8Array): Told | undefined => (v.length ? { on: (v[0]! & 1) === 1 } : undefined);

const triones = {
  on: ({ on }: Wish): Writes => [["ffd9", [0xcc, on ? 0x23 : 0x24, 0x33]]],
  colour: (w: Wish): Writes => [["ffd9", [0x56, ...dimmed(w), 0x00, 0xf0, 0xaa]]],
};
const magic = {
  on: ({ on }: Wish): Writes => [["ffe9", [0xcc, on ? 0x23 : 0x24, 0x33]]],
  colour: (w: Wish): Writes => [["ffe9", [0x56, ...dimmed(w), 0x00, 0xf0, 0xaa]]],
};
const playbulb = (w: Wish): Writes => [["fffc", w.on ? [0, ...dimmed(w)] : [0, 0, 0, 0]]];

export const lampKinds: readonly LampKind[] = [
  {
    title: "Lamp", services: [ownLamp.service], needs: ownLamp.on,
    on: ({ on }) => [[ownLamp.on, [on ? 1 : 0]]],
    colour: ({ rgb }) => [[ownLamp.colour, rgb]],
    brightness: ({ level }) => [[ownLamp.brightness, [level]]],
    tells: {
      [ownLamp.on]: flag,
      [ownLamp.colour]: (v) => (v.length >= 3 ? { colour: hexColour(v.subarray(0, 3)) } : undefined),
      [ownLamp.brightness]: (v) => (v.length ? { brightness: Math.min(v[0]!, 100) } : undefined),
    },
  },
  { title: "LED of a Nordic board", services: ["00001523-1212-efde-1523-785feabcd123"], needs: led, on: ({ on }) => [[led, [on ? 1 : 0]]], tells: { [led]: flag } },
  {
    title: "Philips Hue", services: [hue(0)], needs: hue(2), prefixes: ["Hue "],
    on: ({ on }) => [[hue(2), [on ? 1 : 0]]],
    brightness: ({ level }) => [[hue(3), [Math.max(1, Math.round(level * 2.54))]]],
    tells: { [hue(2)]: flag, [hue(3)]: (v) => (v.length ? { brightness: Math.round(v[0]! / 2.54) } : undefined) },
  },
  {
    title: "ELK-BLEDOM strip", services: ["fff0"], needs: "fff3", prefixes: ["ELK-", "LEDBLE"],
    on: ({ on }) => [["fff3", [0x7e, 0x04, 0x04, on ? 1 : 0, 0xff, 0xff, 0xff, 0x00, 0xef]]],
    colour: ({ rgb }) => [["fff3", [0x7e, 0x07, 0x05, 0x03, ...rgb, 0x10, 0xef]]],
    brightness: ({ level }) => [["fff3", [0x7e, 0x04, 0x01, level, 0xff, 0xff, 0xff, 0x00, 0xef]]],
  },
  { title: "Triones bulb", services: ["ffd5"], needs: "ffd9", prefixes: ["Triones", "Dream~"], ...triones, brightness: triones.colour },
  { title: "Magic Blue bulb", services: ["ffe5"], needs: "ffe9", prefixes: ["LEDBlue"], ...magic, brightness: magic.colour },
  {
    title: "Playbulb", services: ["ff0f", "ff02"], needs: "fffc", prefixes: ["PLAYBULB"], on: playbulb, colour: playbulb, brightness: playbulb,
    tells: { fffc: (v) => (v.length >= 4 ? { on: v.subarray(0, 4).some((c) => c > 0) } : undefined) },
  },
  { title: "Switch", services: ["1815"], needs: "2a56", on: ({ on }) => [["2a56", [on ? 1 : 0]]], tells: { "2a56": (v) => (v.length ? { on: (v[0]! & 3) === 1 } : undefined) } },
];
