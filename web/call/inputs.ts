/** What we receive: who is on which line of the connection. */
import type { Origin } from "./signal.ts";

/** Incoming is a stream of somebody's. */
export interface Incoming extends Origin {
  readonly track: MediaStreamTrack;
  readonly receiver: RTCRtpReceiver;
}

export interface InputEvents {
  /** came is called in the task in which the connection tells of the track. */
  came(incoming: Incoming): void;
  went(incoming: Incoming): void;
}

export class Inputs {
  private origins = new Map<string, Origin>();
  private readonly shown = new Map<string, Incoming>(); // by mid
  private pc: RTCPeerConnection | undefined;

  constructor(private readonly events: InputEvents) {}

  /** begin listens to a new connection. Nobody of the old one is heard any more. */
  begin(pc: RTCPeerConnection): void {
    this.end();
    this.pc = pc;
    pc.ontrack = ({ transceiver }) => this.see(transceiver);
  }

  /** expect says who is to be on which mid. */
  expect(origins: Map<string, Origin>): void {
    this.origins = origins;
    for (const [mid, incoming] of this.shown) if (!same(origins.get(mid), incoming)) this.drop(mid);
  }

  /** settle looks at the lines as they have been agreed on. */
  settle(): void {
    const receiving = new Set<string>();
    for (const t of this.pc?.getTransceivers() ?? []) {
      if (!t.mid || (t.currentDirection !== "recvonly" && t.currentDirection !== "sendrecv")) continue;
      receiving.add(t.mid);
      this.see(t);
    }
    for (const mid of [...this.shown.keys()]) if (!receiving.has(mid)) this.drop(mid);
  }

  end(): void {
    if (this.pc) this.pc.ontrack = null;
    this.origins = new Map();
    for (const mid of [...this.shown.keys()]) this.drop(mid);
  }

  private see({ mid, receiver }: RTCRtpTransceiver): void {
    const origin = mid === null ? undefined : this.origins.get(mid);
    if (!mid || !origin || this.shown.has(mid)) return;
    const incoming: Incoming = { ...origin, track: receiver.track, receiver };
    this.shown.set(mid, incoming);
    this.events.came(incoming);
  }

  private drop(mid: string): void {
    const incoming = this.shown.get(mid);
    this.shown.delete(mid);
    if (incoming) this.events.went(incoming);
  }
}

const same = (a: Origin | undefined, b: Origin): boolean => a?.member === b.member && a.source === b.source;
