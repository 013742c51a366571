/** A call in the page: one member of a room, and what it and the room say to each other. Media go another way. */
import type { Background, SessionMessage } from "./background.ts";
import { decode, encode, type Value } from "./cbor.ts";
import { type Code, WabError } from "./error.ts";
import type { CallState } from "./protocol.ts";

/** CallReason is why a call is not live: a code to act upon, and a message to show. */
export interface CallReason {
  readonly code: Code;
  readonly message: string;
}

/** CallOpened tells that we are in the room. */
export interface CallOpened {
  /** As the same member as before: the others, and what they have of us, are there still. What was said just before the cut may be lost. */
  readonly resumed: boolean;
  /** Who we are in there. */
  readonly member: string;
  /** What we are told of the room. */
  readonly payload: Value;
}

export interface CallEvents {
  /** The call is live, stale or ended; or what is in the way has changed. */
  onstate: (state: CallState, reason?: CallReason) => void;
  /** We are in the room: at first, and again after each cut. It follows the state live. */
  onopened: (opened: CallOpened) => void;
  /** The room says something: since the last onopened, each once and in order. */
  onsignal: (value: Value) => void;
}

export interface CallOptions extends Partial<CallEvents> {
  /** What the room is told of us each time that the call is opened. */
  hello?: unknown;
}

/** What is said at a time has at most this many bytes. */
const largest = 256 << 10;

const putBy: CallReason = { code: "unavailable", message: "This page was put by. It comes back to the call when you come back to it." };

export class Call {
  state: CallState = "opening";
  /** What is in the way, or why the call has ended. */
  reason: CallReason | undefined;
  /** Who we are in the room; empty before we are there. */
  member = "";
  onstate: CallEvents["onstate"] | undefined;
  onopened: CallEvents["onopened"] | undefined;
  onsignal: CallEvents["onsignal"] | undefined;
  private greeting: Uint8Array;
  private s = 0; // the worker's number for us, 0 while the page is put by
  private n = 0; // the opening that we know of

  /** via is the session whose connection it comes over. ended hears, once, that the call is over. */
  constructor(private readonly background: Background, private readonly via: number, readonly room: string, options: CallOptions, private readonly ended: () => void) {
    this.greeting = payload(options.hello);
    ({ onstate: this.onstate, onopened: this.onopened, onsignal: this.onsignal } = options);
    this.enter();
    if (typeof window === "undefined") return;
    addEventListener("pagehide", this.away);
    addEventListener("pageshow", this.back);
  }

  /** send says a value of at most 256 KiB encoded, and tells whether it went out: while the call is not live nothing does, and nothing is kept. */
  send(value: unknown): boolean {
    const bytes = payload(value);
    if (this.state !== "live") return false;
    this.background.post({ t: "sendCall", s: this.s, n: this.n, payload: bytes }, [bytes.buffer as ArrayBuffer]);
    return true;
  }

  /** hello is what the room is told of us from the next opening on. */
  hello(value: unknown): void {
    this.greeting = payload(value);
    if (this.s) this.background.post({ t: "helloCall", s: this.s, hello: this.greeting });
  }

  /** close leaves the room. The handlers hear nothing any more. */
  close(): void {
    this.onstate = this.onopened = this.onsignal = undefined;
    this.end(undefined);
  }

  /** end is for the call's session, which takes it along. */
  end(reason: CallReason | undefined): void {
    if (this.state === "ended") return;
    this.leave();
    if (typeof window !== "undefined") {
      removeEventListener("pagehide", this.away);
      removeEventListener("pageshow", this.back);
    }
    this.ended();
    this.turn("ended", reason);
  }

  private enter(): void {
    this.s = this.background.join((m) => this.receive(m));
    this.background.post({ t: "openCall", s: this.s, via: this.via, room: this.room, hello: this.greeting });
  }

  private leave(): void {
    if (!this.s) return;
    this.background.post({ t: "closeCall", s: this.s });
    this.background.leave(this.s);
    this.s = 0;
  }

  /** away leaves the room when the page is put by for a way back to it: nobody sees it, and its media have stopped. */
  private readonly away = (): void => {
    this.leave();
    this.turn(this.state === "opening" ? "opening" : "stale", putBy);
  };

  private readonly back = (): void => {
    if (!this.s) this.enter();
  };

  private receive(m: SessionMessage): void {
    switch (m.t) {
      case "callState": return m.state === "ended" ? this.lose(m.reason) : this.turn(m.state, m.reason);
      case "callOpened": return this.opened(m.n, { resumed: m.resumed, member: m.member, payload: decode(m.payload) });
      case "callSignal": return this.onsignal?.(decode(m.payload));
      case "status": return this.lose(m.status.reason); // the worker is gone
    }
  }

  private opened(n: number, opened: CallOpened): void {
    [this.n, this.member] = [n, opened.member];
    if (this.state !== "live") this.turn("live", undefined);
    this.onopened?.(opened);
  }

  private turn(state: CallState, reason: CallReason | undefined): void {
    [this.state, this.reason] = [state, reason];
    this.onstate?.(state, reason);
  }

  /** lose ends a call of which the worker knows nothing any more. */
  private lose(reason: CallReason | undefined): void {
    this.background.leave(this.s);
    this.s = 0;
    this.end(reason);
  }
}

function payload(value: unknown): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = encode(value ?? null);
  } catch (e) {
    throw new WabError("bad_request", `This can't be said in a call: ${(e as Error).message}.`);
  }
  if (bytes.length > largest) throw new WabError("too_large", `What you say in a call has ${bytes.length} bytes, and may have ${largest.toLocaleString("en")} at a time.`);
  return bytes;
}
