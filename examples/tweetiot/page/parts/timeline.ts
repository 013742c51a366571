// What became of a post: which devices acted, when, and how far apart. Outcomes come from the timelines of all owners who let one see theirs.
import { isFlaw, parse } from "./post.ts";

/** Said is a post as the assistants keep it. */
export interface Said {
  from: string;
  text: string;
  /** RFC 3339 in UTC. */
  at: string;
}

/** Outcome is what became of a bundle, as the map timeline has it: instants are RFC 3339, the bound is in ns. */
export interface Outcome {
  Device: string;
  Result: string;
  Due: string;
  Ran: string;
  Bound: number | bigint;
  Err: string;
}

/** Act is what a device did of a post. */
export interface Act {
  owner: string;
  device: string;
  result: string;
  /** By how many ms it was late, and by how many its clock may be wrong; undefined if it didn't act. */
  late?: number;
  bound?: number;
  why: string;
}

/** Timelines are the outcomes of devices, by owner and device. */
export type Timelines = ReadonlyMap<string, Iterable<readonly [string, readonly Outcome[]]>>;

/** instant is an RFC 3339 text in UTC as ms since 1970, with its fraction. */
export function instant(text: string): number {
  const [, whole, fraction] = /^(.*?)(\.\d+)?Z$/.exec(text) ?? [];
  return whole ? Date.parse(`${whole}Z`) + 1000 * Number(fraction ?? 0) : NaN;
}

/** A due instant belongs to a post that has a pin go on or off then, give or take, in ms: µs are lost on the way. */
const near = 1.5;

/** actsOf finds what devices did of a post, in the order of owners and devices. */
export function actsOf(post: Said, timelines: Timelines): Act[] {
  const at = instant(post.at);
  const meant = parse(post.text, at - 1);
  const acts: Act[] = [];
  for (const [owner, devices] of timelines) {
    for (const [device, outcomes] of devices) {
      const times = [0, ...(isFlaw(meant) ? [] : (meant.pins.get(device) ?? []))].map((pin) => at + pin);
      const found = outcomes.filter((o) => times.some((t) => Math.abs(instant(o.Due) - t) < near)).at(-1);
      if (found) acts.push(act(owner, found));
    }
  }
  return acts.sort((a, b) => (`${a.owner}/${a.device}` < `${b.owner}/${b.device}` ? -1 : 1));
}

function act(owner: string, o: Outcome): Act {
  const late = instant(o.Ran) - instant(o.Due);
  const ran = o.Result === "done" && late > -1e9; // Go's zero time is no instant
  return { owner, device: o.Device, result: o.Result, why: o.Err, ...(ran && { late, bound: Number(o.Bound) / 1e6 }) };
}

/** spread is how far apart the devices acted, in ms, and how many did. */
export function spread(acts: readonly Act[]): { apart: number; bound: number; devices: number } {
  const ran = acts.filter((a) => a.late !== undefined);
  const late = ran.map((a) => a.late!);
  return { apart: ran.length ? Math.max(...late) - Math.min(...late) : 0, bound: Math.max(0, ...ran.map((a) => a.bound!)), devices: ran.length };
}

/** scale is how many ms the axis shows to each side: as few of the usual steps as hold all acts and their bounds. */
export function scale(acts: readonly Act[]): number {
  const farthest = Math.max(0, ...acts.map((a) => (a.late === undefined ? 0 : Math.abs(a.late) + a.bound!)));
  return [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((s) => s >= farthest) ?? 10_000;
}

/** ms writes milliseconds for people. */
export function ms(n: number): string {
  const size = Math.abs(n);
  if (size >= 10_000) return `${Math.round(n / 1000)} s`;
  return `${size < 10 ? (Math.round(n * 10) / 10).toFixed(1) : Math.round(n)} ms`;
}
