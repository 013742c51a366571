/** The way to the room: what the client gives as ca.enter(room, …). */
import type { Value } from "../client/cbor.ts";

/** LineState: live while signals pass; stale while the way is cut, it comes back by itself; ended for good. */
export type LineState = "opening" | "live" | "stale" | "ended";

/** Reason is why something ended: code to act upon, message to show. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** LineOpened tells that the server has let us in, or (resumed) still knew us. */
export interface LineOpened {
  readonly resumed: boolean;
  readonly member: string;
  readonly payload: Value;
}

/** LineEvents are what a line tells. They come in order. */
export interface LineEvents {
  onstate(state: LineState, reason?: Reason): void;
  onopened(opened: LineOpened): void;
  onsignal(value: Value): void;
}

export interface Line {
  /** send tells whether the signal went out: while the line is not live nothing does, and nothing is queued. */
  send(value: Value): boolean;
  /** hello is what to say from now on when the line opens anew. */
  hello(value: Value): void;
  close(): void;
}

/** Lines opens one. */
export type Lines = (hello: Value, events: LineEvents) => Line;
