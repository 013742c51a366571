/** The words of the timeline: moments, what was done at them, and how it went. Instants are µs since 1970 by the server's clock, as on the wire. */

/** Moment is the instant in a member's video at which an action was made. */
export interface Moment {
  readonly room?: string;
  readonly member: string;
  /** Actions of a member are numbered from 1. */
  readonly action: number;
  readonly at: number;
}

/** Mark is what a page tells others of an action of its own: the fields of an act signal that the timeline knows. */
export interface Mark {
  readonly action: number;
  readonly at: number;
  /** The instant in the RTP timestamps of the member's video, where there is one. */
  readonly rtp?: number;
}

/** Act is an action as the server passes it on: {t: "act"}. */
export interface Act extends Mark {
  readonly member: string;
  readonly principal?: string;
  readonly value?: unknown;
}

/**
 * Method tells how the instant was found, best first:
 * - local: one's own action: it fires when the server has admitted it
 * - frame: the trailer of the video told the frame, and the browser which frame it shows
 * - sources: the same where only getSynchronizationSources tells what is shown (Firefox)
 * - callback: the trailer told the frame; the first picture that comes once it must have been decoded (Safari)
 * - mapped: the signal told the RTP timestamp, as the member or the server knew it, and the browser which frame it shows
 * - delay: after the video's measured delay: no picture is drawn (a hidden tab), or the browser tells nothing of pictures
 * - deadline: nothing came in time
 */
export type Method = "local" | "frame" | "sources" | "callback" | "mapped" | "delay" | "deadline";

/** Outcome is how an action fired. */
export interface Outcome {
  readonly method: Method;
  /** ms from the first picture of the moment's frame, or a later one, until the action fired; negative: too early. undefined: not known. */
  readonly error_ms: number | undefined;
}

/** ActionEvent is an action that has fired. */
export interface ActionEvent extends Act {
  readonly outcome: Outcome;
}
