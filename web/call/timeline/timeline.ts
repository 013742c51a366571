/** The media timeline of one call: actions fire with the frame of their member's video that was captured when they were made. */
import type { Act, ActionEvent, Mark, Moment, Outcome } from "./moment.ts";

export type { Act, ActionEvent, Mark, Method, Moment, Outcome } from "./moment.ts";

export interface TimelineOptions {
  /** The server's time in ms, as a session's clock tells it. */
  clock: { now(): number };
  /** Makes the worker that runs timeline/worker.ts, when the first sender or receiver is attached. Without it, or where the browser has no encoded transforms, the other methods serve. */
  worker?: () => Worker;
}

export class Timeline {
  constructor(_o: TimelineOptions) {}

  /** attachSender marks what a sender sends. Call it in the task that made the sender (addTransceiver, addTrack), before any await. source: "camera" or "screen". */
  attachSender(_sender: RTCRtpSender, _member: string, _source = "camera"): void {}

  /** attachReceiver reads the marks of a member's video. Call it in the task of ontrack or addTransceiver, before any await; again when the receiver's stream becomes another's. video: the element that shows it now, if any. */
  attachReceiver(_receiver: RTCRtpReceiver, _member: string, _source: string, _video: () => HTMLVideoElement | null | undefined): void {}

  /** detach forgets a sender or receiver whose transceiver has stopped. */
  detach(_end: RTCRtpSender | RTCRtpReceiver): void {}

  /** mark makes an action now. Its fields belong into {t: "act", …mark, value}. */
  mark(): Mark { return { action: 0, at: 0 }; }

  /** heard takes an act signal that the server has passed on. One that is known already is ignored. */
  heard(_act: Act): void {}

  /** when calls back once: with the moment's frame, or at the deadline (µs, server's clock; default: the measured delay, 2 s where none is known). What it returns cancels it. A moment that has passed within the last 60 s calls back at once. */
  when(_moment: Moment, _deadline: number | undefined, _callback: (outcome: Outcome) => void): () => void { return () => {}; }

  /** on hears of actions as they fire, and returns what removes the listener. */
  on(_event: "action", _listener: (e: ActionEvent) => void): () => void { return () => {}; }

  /** log is what the timeline has seen and decided of late, a line of JSON for each event; replay() makes the same decisions of it. */
  log(): string { return ""; }

  /** close ends the worker and forgets everything. What waits is not called back. */
  close(): void {}
}
