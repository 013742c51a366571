/** What a device is to everything above it, be it a real one or a virtual one. */

/** Verb is what may be done with a characteristic, and what others may be allowed. */
export type Verb = "read" | "write" | "notify";

/** Address is a characteristic: "180d/2a37". UUIDs of the Bluetooth SIG are short; the second of the same kind in one place is "2a37~2". */
export type Address = `${string}/${string}`;

export interface Characteristic {
  readonly uuid: string;
  readonly can: readonly Verb[];
}

export interface Service {
  readonly uuid: string;
  readonly characteristics: readonly Characteristic[];
}

/** Reach: the device is connected, or is not and is called again and again, or is over. */
export type Reach = "here" | "lost" | "gone";

/**
 * Driver is a device that this tab drives. What is asked of it runs one after the other, in order. While it is out of reach everything asked of it fails at
 * once, in words for people; when it is back, notifications go on by themselves.
 */
export interface Driver {
  readonly kind: "bluetooth" | "virtual";
  /** What the device calls itself: text of a stranger's, cleaned of control characters, up to 64 of them. */
  readonly name: string;
  /** What was found when it was connected last. */
  readonly services: readonly Service[];
  readonly reach: Reach;
  /** Hears of values: notified, read or, where the device tells no other way, written. */
  onvalue: ((at: Address, value: Uint8Array) => void) | undefined;
  onreach: ((reach: Reach) => void) | undefined;
  /** connect finds out what the device has; it is called once, and before anything else. */
  connect(): Promise<void>;
  /** read resolves with up to 512 bytes; onvalue hears of them first. */
  read(at: Address): Promise<Uint8Array>;
  /** write takes up to 512 bytes. */
  write(at: Address, value: Uint8Array): Promise<void>;
  notify(at: Address, on: boolean): Promise<void>;
  /** close ends it for good: what is under way is rejected. */
  close(): void;
}

/** All that may be done. */
export const allVerbs: readonly Verb[] = ["read", "write", "notify"];

/** A value has at most so many bytes: Bluetooth Core Specification 5.4, Vol 3, Part F, 3.2.9. */
export const maxValue = 512;

/** addressOf joins what a device's services are called. */
export const addressOf = (service: string, characteristic: string): Address => `${service}/${characteristic}`;

/** find is the characteristic at an address. */
export function find(services: readonly Service[], at: Address): Characteristic | undefined {
  const [service, characteristic] = at.split("/");
  return services.find((s) => s.uuid === service)?.characteristics.find((c) => c.uuid === characteristic);
}
