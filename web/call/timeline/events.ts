/** What the director hears and says. All instants are ms of the page's clock. Everything is plain data, so that it can be kept and replayed. */
import type { Method } from "./moment.ts";

/** How it is known which frame a picture shows: told with the picture, told by the receiver, or not at all. */
export type Sight = "frame" | "sources" | "callback";

export type Event =
  /** A stream of a member is received. reads: its trailers are. */
  | { e: "stream"; now: number; s: number; member: string; source: string; reads: boolean }
  | { e: "gone"; now: number; s: number }
  /** A frame with a trailer came in, not yet decoded, at an instant. marks: [action, RTP timestamp of its instant]. */
  | { e: "trailer"; now: number; s: number; seen: number; rtp: number; counter: number; marks: [number, number][] }
  /** A picture is shown. rtp: of its frame, unless sight is "callback". */
  | { e: "picture"; now: number; s: number; sight: Sight; rtp?: number }
  /** How long frames, or sounds, wait from their arrival until they are shown, or heard. */
  | { e: "delay"; now: number; s: number; ms: number }
  | { e: "hidden"; now: number; hidden: boolean }
  /** An action is to fire. It was made at an instant; rtp: that instant as the signal told it. mine: made in this page. */
  | { e: "want"; now: number; id: number; member: string; action: number; at: number; rtp?: number; mine?: boolean; deadline?: number }
  | { e: "cancel"; now: number; id: number }
  | { e: "tick"; now: number };

/** Fired is the director's word: this want fires now. error: see Outcome. */
export interface Fired {
  readonly id: number;
  readonly member: string;
  readonly action: number;
  readonly now: number;
  readonly method: Method;
  readonly error?: number;
}
