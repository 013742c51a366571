/** Heart-rate sensors: straps and watches with the SIG's Heart Rate service. */
import { type Address, find, type Service } from "./driver.ts";
import type { Fit, Profile } from "./profile.ts";

export const measurement: Address = "180d/2a37";
const location: Address = "180d/2a38";
const battery: Address = "180f/2a19";

/** Heart is one measurement (Heart Rate Service 1.0, 3.1). contact is null for sensors that can't tell; intervals are between beats, in ms. */
export interface Heart {
  readonly bpm: number;
  readonly contact: boolean | null;
  readonly energy: number | null; // kJ since it was reset
  readonly intervals: readonly number[];
}

/** readHeart reads a measurement; what is none is undefined. */
export function readHeart(value: Uint8Array): Heart | undefined {
  const v = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const flags = value[0];
  if (flags === undefined) return undefined;
  const wide = (flags & 1) !== 0;
  let at = wide ? 3 : 2;
  if (value.length < at) return undefined;
  const bpm = wide ? v.getUint16(1, true) : value[1]!;
  let energy: number | null = null;
  if (flags & 8) {
    if (value.length < at + 2) return undefined;
    energy = v.getUint16(at, true);
    at += 2;
  }
  const intervals: number[] = [];
  if (flags & 16) for (; at + 2 <= value.length; at += 2) intervals.push(Math.round((v.getUint16(at, true) * 1000) / 1024));
  return { bpm, contact: flags & 4 ? (flags & 2) !== 0 : null, energy, intervals };
}

const places = ["other", "chest", "wrist", "finger", "hand", "ear lobe", "foot"];

/** placeOf is where a sensor is worn. */
export const placeOf = (value: Uint8Array): string | undefined => places[value[0] ?? -1];

export const heartRate: Profile = {
  name: "heart-rate",
  services: ["180d"],
  extra: ["180f"],
  fit: (services) => (find(services, measurement)?.can.includes("notify") ? new HeartFit(services) : undefined),
};

class HeartFit implements Fit {
  readonly commands = {};
  readonly reads: readonly Address[];
  readonly follows: readonly Address[];
  state: { [key: string]: unknown } = { bpm: null, contact: null };

  constructor(services: readonly Service[]) {
    this.reads = [location, battery].filter((at) => find(services, at)?.can.includes("read"));
    this.follows = [measurement, battery].filter((at) => find(services, at)?.can.includes("notify"));
  }

  heard(at: Address, value: Uint8Array): void {
    if (at === measurement) {
      const heart = readHeart(value);
      if (heart) this.state = { ...this.state, bpm: heart.contact === false ? null : heart.bpm, contact: heart.contact, ...(heart.energy !== null && { energy: heart.energy }) };
    }
    if (at === location) this.state = { ...this.state, place: placeOf(value) ?? "other" };
    if (at === battery && value.length) this.state = { ...this.state, battery: Math.min(value[0]!, 100) };
  }
}
