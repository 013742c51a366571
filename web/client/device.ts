/** This tab as a device of a CA: what a page sees of it. What runs it is loaded when a page wants to be one. */
import { decode, encode, type Value } from "./cbor.ts";
import type { DeviceRun, Parts } from "./device-run.ts";
import { WabError } from "./error.ts";
import type { SharedMap } from "./map.ts";
import type { Session } from "./session.ts";
import { deviceModule } from "./spawn.ts";

/** Running is what a command's handler has as this. Instants are ms since 1970 by the server's clock, with a fraction. */
export interface Running {
  readonly device: Device;
  readonly command: string;
  /** The bundle's id. */
  readonly bundle: string;
  /** When it was to run, and when it began, and by how many ms that may be wrong. */
  readonly due: number;
  readonly ran: number;
  readonly bound: number;
  /** It makes up for the rest of a bundle that did not run. */
  readonly recovery: boolean;
  /** How the bundle's moment was found: "frame", others of the timeline's, or "deadline"; undefined where it has none. */
  readonly method: string | undefined;
}

/** Moment is the instant in a member's video, in a call, at which an action was made: at is in µs since 1970 by the server's clock. */
export interface Moment {
  readonly room: string;
  readonly member: string;
  readonly action: number;
  readonly at: number;
}

/** DeviceTimeline tells when a moment is shown: that of a call does, call.timeline. */
export interface DeviceTimeline {
  /**
   * when calls back once: when the moment's frame is shown, or was shown already, and by how many ms the frame was before that, as far as it is known; or at the deadline (µs, the server's clock).
   * What it returns cancels it.
   */
  when(moment: Moment, deadline: number, callback: (outcome: { readonly method: string; readonly error_ms: number | undefined }) => void): () => void;
}

export interface DeviceOptions {
  /**
   * What bundles can ask for, by name, with their arguments. One runs at a time, and what returns a promise runs until that is settled: the next
   * one waits. What is thrown is the bundle's outcome.
   */
  commands?: { readonly [name: string]: (this: Running, ...args: any[]) => unknown };
  /** Runs before anything else; what it throws, ca.device rejects with. */
  setup?: (device: Device) => unknown;
  /** Runs every so many ms, 1,000 unless said; what it throws is told, and it goes on. */
  loop?: (device: Device) => unknown;
  every?: number;
  /** Has bundles with moments run with the video of a call; it may also be set later, as the device's timeline. Without one they run at their deadlines. */
  timeline?: DeviceTimeline | undefined;
  /** Hears what handlers throw, and of reports that the CA doesn't take. Unless said, it goes to the console. */
  onError?: (error: unknown) => void;
}

/** Device is this tab as a device. The CA answers for it while it is away. */
export interface Device {
  readonly name: string;
  /** What the device should be like. */
  readonly desired: SharedMap;
  /** Has bundles with moments run with the video of a call; undefined: at their deadlines. */
  timeline: DeviceTimeline | undefined;
  /** report says something of the device, as soon as can be; undefined or null takes it away. Of several values of one key the latest is kept. */
  report(key: string, value: unknown): void;
  /** ended resolves at the device's end: with undefined after close, else with why. A device of the same name that came later is a conflict. */
  readonly ended: Promise<WabError | undefined>;
  /** close ends the device, and resolves when what was left to report has arrived, or a second has passed. */
  close(): Promise<void>;
}

const names = /^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$/;

/** openDevice resolves when the device's maps are there and setup has run. session is the device's own, and ends with it. */
export async function openDevice(session: Session, name: string, options: DeviceOptions, load = deviceModule): Promise<Device> {
  try {
    await session.ready();
    const [desired, bundles, module] = await Promise.all([session.map<Value>(`${name}-desired`), session.map<Value>(`${name}-bundles`), load()]);
    const parts: Parts = { name, options, session, clock: session.clock, desired, bundles, copy, error: (code, message) => new WabError(code, message) };
    const d: DeviceRun = new module.DeviceRun(parts);
    await session.call("DeviceReport", [name, {}, []], { timeout: 0 }); // a CA knows devices that have its owner's own token by their first report
    await d.start();
    return d;
  } catch (e) {
    session.close();
    throw e;
  }
}

/** checkDeviceName refuses what is no device's name. */
export function checkDeviceName(name: string): void {
  if (!names.test(name)) throw new WabError("bad_request", "The name of a device has 1 to 54 of a-z 0-9 and -, no hyphen at either end.");
}

/** copy is what is to be reported as it is now, and its size; it refuses what can't be reported. */
function copy(key: string, value: unknown): { value: unknown; size: number } {
  let bytes: Uint8Array;
  try {
    bytes = encode(value);
  } catch (e) {
    throw new WabError("bad_request", `${key} can't be reported: ${(e as Error).message}.`);
  }
  if (bytes.length > 65_536) throw new WabError("too_large", "A reported value has at most 64 KiB.");
  if (!key || key < " " || new TextEncoder().encode(key).length > 256) throw new WabError("bad_request", "The key of a reported value has 1 to 256 bytes, and begins with no control character.");
  return { value: decode(bytes), size: bytes.length };
}
