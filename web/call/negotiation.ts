/**
 * Perfect negotiation over a line that may lose what is said: we are the polite side, which takes its own offer back when both offer at once.
 *
 * Every offer has its sender's number. An offer without an answer is sent again when the line is back, and so is the answer to an offer that comes again.
 * One thing happens at a time: what the connection is told to do waits for what it is doing.
 */
import type { FromClient, FromServer, Origin, Source } from "./signal.ts";

type Offer = Extract<FromClient, { t: "offer" }>;
type Answer = Extract<FromClient, { t: "answer" }>;
type Candidate = Extract<FromClient, { t: "candidate" }>;

export interface NegotiationEvents {
  /** send tells whether it went out. */
  send(signal: FromClient): boolean;
  /** sources tells what we send, by mid. */
  sources(): { [mid: string]: Source };
  /** streams tells who is to be on which mid, just before the connection hears of it. */
  streams(streams: Map<string, Origin>): void;
  /** settled: an offer and its answer are in place. */
  settled(): void;
  /** refused: the server takes our offer back. Nothing is offered again until something is changed. */
  refused(code: string, message: string): void;
  /** broken: the connection took something not. Only a new one helps. */
  broken(error: unknown): void;
}

/** More candidates than this are not remembered. */
const maxCandidates = 64;

export class Negotiation {
  private pending: Offer | undefined; // ours, without an answer
  private answered: Answer | undefined; // to the server's latest offer
  private waiting: Extract<FromServer, { t: "offer" }> | undefined; // an offer that stands on an answer which we don't have yet
  private candidates: Candidate[] = [];
  private ufrag = "";
  private chain: Promise<void> = Promise.resolve();
  private closed = false;
  private held = false; // after a refusal

  /** @param last the number of the last offer that this member has made */
  constructor(private readonly pc: RTCPeerConnection, private readonly events: NegotiationEvents, private last = 0) {
    pc.onnegotiationneeded = () => this.offer();
    pc.onicecandidate = ({ candidate }) => candidate && this.trickle(candidate);
  }

  /** changed lets the connection offer again after a refusal. */
  changed(): void {
    if (!this.held) return;
    this.held = false;
    this.offer();
  }

  /** resume sends again what may have been lost in a cut. */
  resume(): void {
    this.run(async () => {
      if (this.pending) this.events.send(this.pending);
      for (const c of this.candidates) this.events.send(c);
    });
  }

  /** receive takes what the server says about the connection. */
  receive(signal: FromServer): void {
    switch (signal.t) {
      case "offer": return this.run(() => this.take(signal));
      case "answer": return this.run(() => this.accept(signal.n, signal.sdp));
      case "refused": return this.run(() => this.withdraw(signal.n, signal.code, signal.message));
      case "candidate": return this.run(() => this.candidate(signal));
    }
  }

  /** close returns the number of the last offer. */
  close(): number {
    this.closed = true;
    this.pc.onnegotiationneeded = this.pc.onicecandidate = null;
    return this.last;
  }

  /** idle resolves when all that was asked for has been done. */
  idle(): Promise<void> {
    return this.chain;
  }

  private run(what: () => Promise<void>): void {
    this.chain = this.chain.then(() => (this.closed ? undefined : what())).catch((error: unknown) => {
      if (!this.closed) this.events.broken(error);
    });
  }

  private offer(): void {
    this.run(async () => {
      if (this.held || this.pc.signalingState !== "stable") return; // the event comes again when it is
      await this.pc.setLocalDescription();
      const sdp = this.ours();
      if (this.closed || this.pc.localDescription?.type !== "offer") return;
      this.pending = { t: "offer", n: ++this.last, sdp, sources: this.events.sources() };
      this.events.send(this.pending);
    });
  }

  private async take(offer: Extract<FromServer, { t: "offer" }>): Promise<void> {
    if (this.answered && offer.n <= this.answered.n) return this.again(offer.n);
    if (this.pending && offer.on >= this.pending.n) return this.postpone(offer);
    this.waiting = undefined;
    this.pending = undefined; // taken back, as long as there was no answer; the browser asks for it again afterwards
    this.events.streams(offer.streams);
    await this.pc.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    await this.pc.setLocalDescription();
    if (this.closed) return;
    this.answered = { t: "answer", n: offer.n, sdp: this.ours() };
    this.events.send(this.answered);
    this.events.settled();
  }

  /** again answers an offer a second time. While that answer was missing, the server has passed over an offer of ours. */
  private again(n: number): void {
    if (n !== this.answered?.n) return;
    this.events.send(this.answered);
    if (this.pending) this.events.send(this.pending);
  }

  /** postpone keeps an offer for after the answer, which comes when our offer is repeated. */
  private postpone(offer: Extract<FromServer, { t: "offer" }>): void {
    this.waiting = offer;
  }

  private async accept(n: number, sdp: string): Promise<void> {
    if (this.pending?.n !== n || this.pc.signalingState !== "have-local-offer") return; // to an offer that was taken back, or a second time
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    this.pending = undefined;
    this.events.settled();
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) await this.take(waiting);
  }

  private async withdraw(n: number, code: string, message: string): Promise<void> {
    if (this.pending?.n !== n) return;
    this.held = true;
    this.pending = undefined;
    if (this.pc.signalingState === "have-local-offer") await this.pc.setLocalDescription({ type: "rollback" });
    this.events.refused(code, message);
    if (this.waiting) await this.take(this.waiting);
  }

  private async candidate(c: Extract<FromServer, { t: "candidate" }>): Promise<void> {
    const { candidate, mid, line } = c;
    await this.pc.addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: line }).catch(() => {}); // of an older description
  }

  private trickle({ candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): void {
    const c: Candidate = { t: "candidate", candidate, mid: sdpMid ?? "", line: sdpMLineIndex ?? 0 };
    if (candidate === "" || this.candidates.length >= maxCandidates) return;
    this.candidates.push(c);
    this.events.send(c);
  }

  /** ours is the local description's text. Candidates of an older one are forgotten. */
  private ours(): string {
    const sdp = this.pc.localDescription?.sdp ?? "";
    const ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? "";
    if (ufrag !== this.ufrag) this.candidates = [];
    this.ufrag = ufrag;
    return sdp;
  }
}
