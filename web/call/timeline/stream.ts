/** What is known of one stream: its marks, its pictures, its delays. Functions over plain data. Pure. */
import type { Event, Sight } from "./events.ts";
import { since } from "./ticks.ts";

/** Marks are remembered for so long, in ms, and this many. */
export const remember = 60_000;
const maxMarks = 256;
/** Pictures remembered, for signals that come after theirs. */
const maxPictures = 256;
/** No picture for so long, in ms: nobody draws them. */
export const blindAfter = 2000;
/** Trailers are thought to go on for so long after the last, in ms. */
const trailersLast = 1500;
const samples = 8;

/** Seen is an action's instant in a stream. */
export interface Seen {
  readonly rtp: number;
  /** When the first frame that told of it came in. */
  readonly seen: number;
  /** When the first picture at or after the instant was shown. */
  shown?: number;
}

export interface Stream {
  readonly member: string;
  readonly source: string;
  readonly reads: boolean;
  readonly since: number;
  marks: { [action: number]: Seen };
  counter: number;
  trailer?: number; // when the last one came
  picture?: number; // when the last one was shown
  sight?: Sight;
  rtp?: number; // of the picture that is shown
  pictures: [rtp: number, now: number][];
  arrived: [rtp: number, now: number][];
  /** How long frames took from their arrival to their picture, of late. */
  lags: number[];
  /** The same as the browser's statistics have it. */
  delay?: number;
  /** How long after actions their pictures were shown, of late. */
  behind: number[];
}

export function stream(e: Event & { e: "stream" }): Stream {
  return { member: e.member, source: e.source, reads: e.reads, since: e.now, marks: {}, counter: 0, pictures: [], arrived: [], lags: [], behind: [] };
}

/** reached tells whether a picture shows an instant, or what came after it. */
export const reached = (rtp: number, instant: number): boolean => since(rtp, instant) >= 0;

export function takeTrailer(s: Stream, e: Event & { e: "trailer" }): void {
  s.trailer = e.seen;
  s.counter = Math.max(s.counter, e.counter);
  keep(s.arrived, [e.rtp, e.seen], samples);
  for (const [action, rtp] of e.marks) {
    if (s.marks[action]) continue;
    const shown = firstShown(s, rtp);
    s.marks[action] = { rtp, seen: e.seen, ...(shown !== undefined && { shown }) };
  }
  forget(s, e.now);
}

export function takePicture(s: Stream, e: Event & { e: "picture" }): void {
  s.picture = e.now;
  s.sight = e.sight;
  if (e.rtp === undefined) return showBlindly(s, e.now);
  s.rtp = e.rtp;
  keep(s.pictures, [e.rtp, e.now], maxPictures);
  const arrived = s.arrived.find(([rtp]) => rtp === e.rtp);
  if (arrived) keep(s.lags, e.now - arrived[1], samples);
  for (const m of Object.values(s.marks)) if (m.shown === undefined && reached(e.rtp, m.rtp)) m.shown = e.now;
}

/** showBlindly: nobody knows which frame this is; it is the mark's, or a later one, once that must have been decoded. */
function showBlindly(s: Stream, now: number): void {
  for (const m of Object.values(s.marks)) if (m.shown === undefined && now >= m.seen + lag(s)) m.shown = now;
}

/** firstShown is when the first remembered picture at or after an instant was shown. */
function firstShown(s: Stream, instant: number): number | undefined {
  return s.pictures.find(([rtp]) => reached(rtp, instant))?.[1];
}

/** lag is how long a frame takes from its arrival to its picture, in ms. */
export function lag(s: Stream): number {
  return s.lags.length ? [...s.lags].sort((a, b) => a - b)[s.lags.length >> 1]! : (s.delay ?? 0);
}

/** draws tells whether pictures of it are being shown. */
export function draws(s: Stream, now: number): boolean {
  return now - (s.picture ?? s.since) < blindAfter;
}

/** willTell tells whether an action's mark is still to come in a trailer. */
export function willTell(s: Stream, action: number, now: number): boolean {
  return s.reads && s.trailer !== undefined && now - s.trailer < trailersLast && s.counter < action;
}

function forget(s: Stream, now: number): void {
  const known = Object.entries(s.marks);
  for (const [action, m] of known) if (now - m.seen > remember) delete s.marks[Number(action)];
  for (const [action] of known.slice(0, Math.max(0, known.length - maxMarks))) delete s.marks[Number(action)];
}

export function keep<T>(list: T[], one: T, max: number): void {
  list.push(one);
  if (list.length > max) list.shift();
}
