/**
 * The messages between a page and the background worker. Both come from one build, and the worker's name carries that build's hash, so
 * they need no versions of their own. Values are CBOR bytes, and their buffers are transferred, not copied.
 */
import type { Code } from "./error.ts";
import type { Opening } from "./place.ts";

/** The session protocol's version, part of the worker's name. */
export const protocolVersion = 1;

/** State is what a session is doing. */
export type State =
  | "connecting" // for the first time
  | "live"
  | "resuming"   // it was live, and is coming back; calls wait and are sent then
  | "offline"    // no connection; the next attempt is known, or waits for the network
  | "refused";   // it will not come back by itself: see reason

/** Status is a session's state, and why. */
export interface Status {
  readonly state: State;
  /** Why it is not live. */
  readonly reason?: { readonly code: Code; readonly message: string };
  /** When the next attempt begins, in ms as Date.now(). */
  readonly next?: number;
}

/** Where a session connects, and as whom. A port that is bound to a token has it from whoever bound it. */
export interface Target {
  readonly server: string; // origin, such as https://wab.example
  readonly token: string;
}

export interface Open {
  readonly t: "open";
  readonly s: number; // the page's number for the session
  readonly target?: Target;
  readonly app: string;
  readonly ca: string; // home, alice/home or app:alice/home
  readonly session: string;
  readonly keep: number;
  readonly renews: boolean; // the page can get a fresh token when it is asked
}

export interface Call {
  readonly t: "call";
  readonly s: number;
  readonly id: number;
  readonly method: string;
  readonly args: Uint8Array; // one CBOR array
  readonly timeout: number; // ms
}

export interface OpenMap {
  readonly t: "openMap";
  readonly s: number; // the page's number for its view of the map
  readonly via: number; // the session whose connection it comes over
  readonly map: string; // app:owner/local/map
}

/** MapState is what a page's view of a map is doing. */
export type MapState =
  | "opening" // nothing to show yet
  | "live"
  | "stale"  // there is a content, and it may be old: no connection, or not asked yet
  | "ended"; // closed, refused or gone; the view is empty

/** MapBatch is a step of a map's content: one CBOR map of what was set, and one CBOR array of what was deleted unless it ends before. */
export interface MapBatch {
  readonly t: "mapBatch";
  readonly s: number;
  readonly reset: boolean; // the content begins anew with this batch
  readonly part: boolean; // more of the same step follows: nothing is shown before the last of it
  readonly epoch: number;
  readonly version: number; // to which it leads
  readonly batch: Uint8Array;
}

/** MapPeople tells who else is present in a map: one CBOR array of [who, owner, value], and one of those who are gone. */
export interface MapPeople {
  readonly t: "mapPeople";
  readonly s: number;
  readonly me: number; // this page's own number among them, 0 while it has none
  readonly reset: boolean; // forget first everybody
  readonly people: Uint8Array;
}

/** AboutMap is what the worker tells a view of a map. What changed together comes in one message. */
export type AboutMap =
  | { readonly t: "mapState"; readonly s: number; readonly state: MapState; readonly reason?: Status["reason"] }
  | MapBatch
  | MapPeople;

export interface OpenTopic {
  readonly t: "openTopic";
  readonly s: number; // the page's number for its view of the topic
  readonly via: number; // the session whose connection it comes over
  readonly topic: string; // app:owner/local/topic or app:forum/topic
  readonly ca: string; // whose handler's messages are wanted; "" all
  readonly method: string;
  readonly epoch: number; // where the page was; 0 from now on
  readonly offset: number;
}

/** TopicState is what a page's view of a topic is doing. */
export type TopicState =
  | "opening" // the server has not answered yet
  | "live"
  | "stale"  // no connection, or refused for the time being; it goes on from where it is
  | "ended"; // closed, refused or gone

/** AboutTopic is what the worker tells a view of a topic. What is old to the page, the page passes over. */
export type AboutTopic =
  | { readonly t: "topicState"; readonly s: number; readonly state: TopicState; readonly reason?: Status["reason"] }
  | ({ readonly t: "topicOpened"; readonly s: number } & Opening)
  | { readonly t: "topicMessages"; readonly s: number; readonly epoch: number; readonly offset: number; readonly messages: Uint8Array };

export interface OpenCall {
  readonly t: "openCall";
  readonly s: number; // the page's number for the call
  readonly via: number; // the session whose connection it comes over
  readonly room: string; // app:owner/local/room
  readonly hello: Uint8Array; // one CBOR item
}

/** CallState is what a call is doing. */
export type CallState =
  | "opening" // the server has not let us in yet
  | "live"
  | "stale"  // no connection, or refused for the time being; it comes back
  | "ended"; // closed, refused or over

/** AboutCall is what the worker tells a call. Payloads are one CBOR item. n counts its openings. */
export type AboutCall =
  | { readonly t: "callState"; readonly s: number; readonly state: CallState; readonly reason?: Status["reason"] }
  | { readonly t: "callOpened"; readonly s: number; readonly n: number; readonly resumed: boolean; readonly member: string; readonly payload: Uint8Array }
  | { readonly t: "callSignal"; readonly s: number; readonly payload: Uint8Array };

/** Reading is what the worker's clock shows and what the server's does at that instant, both in µs since 1970. */
export interface Reading {
  readonly local: number;
  readonly server: number;
  readonly drift: number; // what the server's gains in a second
  readonly bound: number; // by how many µs that can be wrong, then
  readonly settled: boolean; // the first few comparisons are in
}

/** AboutClock tells the last reading, and, as an answer, what the worker's clock shows now: the page's and the worker's are not the same. */
export interface AboutClock {
  readonly t: "clock";
  readonly s: number;
  readonly asked?: number; // what the page's clock showed when it asked, µs
  readonly at: number; // and the worker's, when it answered
  readonly reading?: Reading;
}

export type ToWorker =
  | { readonly t: "hello"; readonly lock: string } // a Web Lock that the page holds as long as it lives; "" where it has none
  | Open
  | Call
  | { readonly t: "close"; readonly s: number } // a session
  | { readonly t: "clock"; readonly s: number; readonly sent: number } // asks for AboutClock, now and from now on
  | OpenMap
  | { readonly t: "closeMap"; readonly s: number }
  | OpenTopic
  | { readonly t: "closeTopic"; readonly s: number }
  | OpenCall
  | { readonly t: "helloCall"; readonly s: number; readonly hello: Uint8Array } // what the room is told the next time
  | { readonly t: "sendCall"; readonly s: number; readonly n: number; readonly payload: Uint8Array } // n: since which opening that the page knows of
  | { readonly t: "closeCall"; readonly s: number }
  | { readonly t: "presence"; readonly s: number; readonly value: Uint8Array } // one CBOR item, or nothing to withdraw it
  | { readonly t: "token"; readonly target: Target } // a newer token for the same principal and scope
  | { readonly t: "noToken"; readonly s: number } // the answer to renew where there is none
  | { readonly t: "forget"; readonly server: string; readonly owner: string } // signed out
  | { readonly t: "nudge"; readonly online: boolean } // the network or the page came back, or the network went
  | { readonly t: "bind"; readonly id: number; readonly target: Target } // with a port, which may do what this token may
  | { readonly t: "unbind"; readonly id: number }
  | { readonly t: "beat" } // still here; for pages without locks
  | { readonly t: "bye" };

export type FromWorker =
  | { readonly t: "ready"; readonly lock: string } // the first message on a port. The worker holds this Web Lock as long as it lives; "" where it has none
  | { readonly t: "broken"; readonly message: string } // the core could not start, or has crashed
  | { readonly t: "status"; readonly s: number; readonly name: string; readonly status: Status }
  | { readonly t: "reply"; readonly s: number; readonly id: number; readonly result: Uint8Array }
  | { readonly t: "error"; readonly s: number; readonly id: number; readonly code: Code; readonly message: string; readonly retryAfter: number }
  | { readonly t: "renew"; readonly s: number } // answer with token or noToken
  | { readonly t: "note"; readonly s: number; readonly seq: number; readonly dropped: number; readonly value: Uint8Array }
  | AboutTopic
  | AboutCall
  | AboutClock
  | AboutMap
  | { readonly t: "all"; readonly of: readonly AboutMap[] }; // that belongs together

/** A page without locks beats this often, in ms. Hidden pages are throttled to once a minute. */
export const beatEvery = 20_000;

/** A port without a lock is dead after this long without a message, in ms. */
export const deadAfter = 180_000;

/** Port is one end of a MessageChannel, a worker, or a worker's global scope. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  start?(): void;
  close?(): void;
}
