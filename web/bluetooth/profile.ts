/** Profiles know what the bytes of a kind of device mean. */
import type { Address, Driver, Service } from "./driver.ts";

/** State is what a device is like in its profile's words. Values are plain ones: null is not known. */
export type State = { readonly [key: string]: unknown };

/** Command throws, or rejects, in words for people. */
export type Command = (driver: Driver, ...args: unknown[]) => Promise<void>;

export interface Profile {
  readonly name: string;
  /** What a device of this kind has; the browser offers those that have one of them. */
  readonly services: readonly string[];
  /** What is used where it is there. */
  readonly extra?: readonly string[];
  /** How names of devices begin that don't say what they have. */
  readonly prefixes?: readonly string[];
  /** fit is how to drive a device that has these services, or nothing if this profile can't. */
  fit(services: readonly Service[]): Fit | undefined;
}

export interface Fit {
  /** What it was taken for, where the profile knows several. */
  readonly title?: string;
  readonly commands: { readonly [name: string]: Command };
  /** What is read when the device is connected, and what is followed. */
  readonly reads: readonly Address[];
  readonly follows: readonly Address[];
  readonly state: State;
  /** heard takes a value that the device told, into state. */
  heard(at: Address, value: Uint8Array): void;
}
