/** What a page and the worker of its timeline say to each other. s is the page's number for a transform. Instants are ms of the page's clock. */

/** Options of a transform. */
export interface Options {
  readonly s: number;
  readonly side: "send" | "receive";
}

export type ToWorker =
  /** An action is to be marked. rtp: its instant, where that is known; else that of the next frame. */
  | { t: "mark"; s: number; action: number; rtp: number | undefined }
  | { t: "gone"; s: number };

export type FromWorker =
  /** A frame came out of the encoder. */
  | { t: "sent"; s: number; rtp: number; now: number }
  /** A frame with a trailer came in that tells something new, or half a second after the last. marks: [action, RTP timestamp]. */
  | { t: "received"; s: number; rtp: number; now: number; counter: number; marks: [number, number][] };

/** transforms tells whether the browser has encoded transforms. */
export const transforms = (): boolean => typeof RTCRtpScriptTransform === "function";

/** now is the page's clock in ms: its worker's is the same. */
export const pageNow = (): number => performance.timeOrigin + performance.now();
