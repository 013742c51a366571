/**
 * One member of a room, from the first call-open to the end: it keeps a line and a connection alive, whatever is cut.
 *
 * The line is opened again by the client by itself. If the server still knows the member, both sides repeat what has no answer; if not, everything begins
 * anew on a new connection, with what we sent before. When media stop while the line is live, ICE is restarted, and when that does not help, the member
 * leaves and comes in again.
 */
import { Inputs, type InputEvents } from "./inputs.ts";
import type { Line, Lines, LineOpened, LineState, Reason } from "./line.ts";
import { Negotiation } from "./negotiation.ts";
import { Outputs } from "./outputs.ts";
import { Path, realTimers, type Timers } from "./path.ts";
import { type FromClient, type FromServer, type Hello, type Opened, packSignal, readOpened, readSignal, type Source, unpackSignal } from "./signal.ts";

/** PeerState: live while signals and media pass. */
export type PeerState = "connecting" | "live" | "reconnecting" | "ended";

export interface PeerEvents extends InputEvents {
  state(state: PeerState, reason?: Reason): void;
  opened(opened: Opened): void;
  /** signal hears what is not about the connection. What comes over both ways is heard twice. */
  signal(signal: FromServer): void;
  /** sending hears of each new sender, in the task in which it is made. */
  sending(sender: RTCRtpSender, source: Source): void;
  /** refused: the server doesn't take what we wanted to send (offer), or do. */
  refused(reason: Reason, offer: boolean): void;
}

export interface PeerOptions {
  readonly lines: Lines;
  readonly hello: Hello;
  readonly events: PeerEvents;
  readonly connect: (config: RTCConfiguration) => RTCPeerConnection;
  readonly timers?: Timers;
}

/** Between two rejoins there is so much time, ms: doubled each time that nothing came of it. */
const firstPause = 1_000;
const longestPause = 30_000;

export class Peer {
  readonly outputs: Outputs;
  private readonly inputs: Inputs;
  private readonly timers: Timers;
  private readonly events: PeerEvents;
  private line: Line;
  private lineState: LineState = "opening";
  private pc: RTCPeerConnection | undefined;
  private negotiation: Negotiation | undefined;
  private path: Path | undefined;
  private data: RTCDataChannel | undefined;
  private last = 0; // number of our last offer
  private state: PeerState = "connecting";
  private pause = firstPause;
  private pausing: unknown;
  private begun = 0; // lines so far: what an old one says is not heard

  constructor(private readonly o: PeerOptions) {
    this.events = o.events;
    this.timers = o.timers ?? realTimers;
    this.outputs = new Outputs((sender, source) => this.events.sending(sender, source));
    this.inputs = new Inputs(this.events);
    this.line = this.enter();
  }

  /** changed is to be called after the outputs were changed: after a refusal nothing would be offered otherwise. */
  changed(): void {
    this.negotiation?.changed();
  }

  /** send says something to the room; whether it went out. */
  send(signal: FromClient): boolean {
    return this.lineState === "live" && this.line.send(signal as never);
  }

  /** sendTwice says it on the data channel, too, which may be faster. */
  sendTwice(signal: FromClient): boolean {
    const over = this.data?.readyState === "open";
    if (over) this.data?.send(packSignal(signal));
    return this.send(signal) || over;
  }

  /** stats are those of the connection, undefined while there is none. */
  async stats(): Promise<RTCStatsReport | undefined> {
    return this.pc?.getStats();
  }

  close(): void {
    this.finish(undefined);
  }

  /** idle resolves when the connection has done what it was asked for. */
  async idle(): Promise<void> {
    await this.negotiation?.idle();
  }

  private enter(): Line {
    const n = ++this.begun;
    const current = <A extends unknown[]>(f: (...args: A) => void) => (...args: A): void => {
      if (n === this.begun && this.state !== "ended") f(...args);
    };
    this.lineState = "opening";
    return this.o.lines(this.o.hello as never, {
      onstate: current((state, reason) => this.turn(state, reason)),
      onopened: current((opened) => this.opened(opened)),
      onsignal: current((value) => this.hear(readSignal(value))),
    });
  }

  private turn(state: LineState, reason?: Reason): void {
    this.lineState = state;
    if (state === "ended") return this.finish(reason ?? { code: "unavailable", message: "The call ended." });
    this.path?.line(state === "live");
    this.judge();
  }

  private opened({ resumed, payload }: LineOpened): void {
    const opened = readOpened(payload);
    this.lineState = "live";
    this.events.opened(opened);
    if (!resumed || !this.pc) this.begin(opened);
    this.path?.line(true);
    if (resumed) this.negotiation?.resume();
    this.judge();
  }

  /** begin makes a new connection. */
  private begin({ ice }: Opened): void {
    this.leave();
    const pc = (this.pc = this.o.connect({ iceServers: ice, bundlePolicy: "max-bundle" }));
    this.path = new Path({ restart: () => pc.restartIce(), rejoin: () => this.rejoin() }, this.timers);
    this.negotiation = new Negotiation(pc, {
      send: (signal) => this.send(signal),
      sources: () => this.outputs.mids(),
      streams: (streams) => this.inputs.expect(streams),
      settled: () => this.inputs.settle(),
      refused: (code, message) => this.events.refused({ code, message }, true),
      broken: () => this.rejoin(),
    }, this.last);
    pc.onconnectionstatechange = () => this.pathTurned(pc.connectionState);
    this.inputs.begin(pc);
    this.openData(pc);
    this.outputs.begin(pc);
  }

  private openData(pc: RTCPeerConnection): void {
    const data = (this.data = pc.createDataChannel("wab", { negotiated: true, id: 1, ordered: true }));
    data.binaryType = "arraybuffer";
    data.onmessage = ({ data: bytes }) => this.hear(bytes instanceof ArrayBuffer ? unpackSignal(new Uint8Array(bytes)) : undefined);
  }

  private pathTurned(state: RTCPeerConnectionState): void {
    if (state === "connected") this.pause = firstPause;
    this.path?.turn(state);
    this.judge();
  }

  private hear(signal: FromServer | undefined): void {
    if (!signal) return; // from a newer server
    switch (signal.t) {
      case "offer": case "answer": case "candidate": return this.negotiation?.receive(signal);
      case "refused": return signal.action > 0 ? this.events.refused({ code: signal.code, message: signal.message }, false) : this.negotiation?.receive(signal);
      default: return this.events.signal(signal);
    }
  }

  /** rejoin leaves and comes in again: at once for the first time, later with pauses. */
  private rejoin(): void {
    if (this.pausing !== undefined || this.state === "ended") return;
    this.line.close();
    this.begun++;
    this.lineState = "opening";
    this.leave();
    this.judge();
    this.pausing = this.timers.set(() => {
      this.pausing = undefined;
      this.line = this.enter();
    }, this.pause);
    this.pause = Math.min(2 * this.pause, longestPause);
  }

  /** leave ends the connection, not the member. */
  private leave(): void {
    this.last = this.negotiation?.close() ?? this.last;
    this.path?.close();
    this.inputs.end();
    this.outputs.end();
    if (this.data) this.data.onmessage = null;
    if (this.pc) this.pc.onconnectionstatechange = null;
    this.pc?.close();
    this.pc = this.negotiation = this.path = this.data = undefined;
  }

  private finish(reason: Reason | undefined): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.timers.clear(this.pausing);
    this.line?.close(); // none yet where a line ends within its beginning
    this.leave();
    this.events.state("ended", reason);
  }

  /** judge tells the state where it has changed. */
  private judge(): void {
    if (this.state === "ended") return;
    const good = this.lineState === "live" && this.pc?.connectionState === "connected";
    const state = good ? "live" : this.state === "connecting" ? "connecting" : "reconnecting";
    if (state === this.state) return;
    this.state = state;
    this.events.state(state);
  }
}
