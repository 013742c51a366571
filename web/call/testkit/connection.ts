/**
 * A connection as the standard describes its negotiation (W3C WebRTC 1.0, JSEP), without media: lines with mids and directions, rollback, and the event
 * that asks for an offer. Its descriptions are short texts of our own.
 */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive" | "stopped";

export interface MLine {
  readonly mid: string;
  readonly kind: string;
  readonly dir: Direction;
}

export const write = (ufrag: string, lines: readonly MLine[]): string => [`a=ice-ufrag:${ufrag}`, ...lines.map((l) => `a=mid:${l.mid} ${l.kind} ${l.dir}`)].join("\n");

export function read(sdp: string): { ufrag: string; lines: MLine[] } {
  const [head, ...rest] = sdp.split("\n");
  if (!head?.startsWith("a=ice-ufrag:")) throw new Error(`not a description: ${sdp}`);
  return { ufrag: head.slice(12), lines: rest.map((l) => l.slice(6).split(" ")).map(([mid, kind, dir]) => ({ mid: mid!, kind: kind!, dir: dir as Direction })) };
}

export const turned = (d: Direction): Direction => (d === "sendonly" ? "recvonly" : d === "recvonly" ? "sendonly" : d);
const sends = (d: Direction | null): boolean => d === "sendrecv" || d === "sendonly";
const receives = (d: Direction | null): boolean => d === "sendrecv" || d === "recvonly";
const both = (a: Direction, b: Direction): Direction => {
  const s = sends(a) && receives(b), r = receives(a) && sends(b);
  return s && r ? "sendrecv" : s ? "sendonly" : r ? "recvonly" : "inactive";
};

class FakeTransceiver {
  mid: string | null = null;
  currentDirection: Direction | null = null;
  readonly sender = { track: null as unknown, replaceTrack: async (track: unknown): Promise<void> => void (this.sender.track = track) };
  readonly receiver = { track: { kind: "" } };
  private wanted: Direction;

  constructor(readonly kind: string, direction: Direction, private readonly pc: FakeConnection) {
    this.wanted = direction;
    this.receiver.track.kind = kind;
  }

  get direction(): Direction { return this.wanted; }
  set direction(d: Direction) {
    this.wanted = d;
    this.pc.look();
  }

  stop(): void {
    this.wanted = "stopped";
    this.pc.remove(this);
  }
}

type Description = { type: string; sdp: string };

export class FakeConnection {
  static all: FakeConnection[] = [];
  signalingState = "stable";
  connectionState: RTCPeerConnectionState = "new";
  localDescription: Description | null = null;
  currentRemoteDescription: Description | null = null;
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((e: { candidate: unknown }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((e: { transceiver: unknown }) => void) | null = null;
  restarts = 0;
  closed = false;
  private transceivers: FakeTransceiver[] = [];
  private stable: { t: FakeTransceiver; mid: string | null; current: Direction | null }[] = [];
  private fresh = new Set<FakeTransceiver>(); // made by an offer that may be taken back
  private generation = 1;
  private restarting = false;
  private asked = false;
  private lines: readonly MLine[] = [];
  private data: { readyState: string; send(b: Uint8Array): void; onmessage: unknown; binaryType: string } | undefined;
  readonly sent: Uint8Array[] = [];

  constructor(readonly config: RTCConfiguration) {
    FakeConnection.all.push(this);
  }

  getTransceivers(): FakeTransceiver[] { return this.transceivers.filter((t) => t.kind !== "application"); }

  addTransceiver(what: unknown, { direction }: { direction: Direction }): FakeTransceiver {
    if (this.closed) throw new Error("the connection is closed");
    const kind = typeof what === "string" ? what : (what as { kind: string }).kind;
    const t = this.add(kind, direction);
    if (typeof what !== "string") t.sender.track = what;
    this.look();
    return t;
  }

  createDataChannel(): unknown {
    this.add("application", "sendrecv");
    this.data = { readyState: "connecting", send: (b) => void this.sent.push(b), onmessage: null, binaryType: "" };
    this.look();
    return this.data;
  }

  openData(): void {
    this.data!.readyState = "open";
  }

  restartIce(): void {
    this.restarts++;
    this.restarting = true;
    this.look();
  }

  remove(t: FakeTransceiver): void {
    this.transceivers = this.transceivers.filter((x) => x !== t);
  }

  async setLocalDescription(d?: { type: string }): Promise<void> {
    await tick();
    if (this.closed) return;
    if (d?.type === "rollback") return this.rollback();
    if (this.signalingState === "have-remote-offer") return this.answer();
    this.offer();
  }

  async setRemoteDescription({ type, sdp }: Description): Promise<void> {
    await tick();
    if (this.closed) return;
    const { lines } = read(sdp);
    if (type === "answer") return this.settle(lines, sdp);
    if (this.signalingState === "have-local-offer") this.rollback();
    if (this.signalingState !== "stable") throw new Error(`an offer in ${this.signalingState}`);
    for (const { mid } of this.lines) if (!lines.some((l) => l.mid === mid)) throw new Error(`the offer lacks mid ${mid}`);
    this.save();
    this.currentRemoteDescription = { type, sdp };
    this.signalingState = "have-remote-offer";
    const tracks = lines.flatMap((l) => this.takeLine(l));
    for (const t of tracks) this.ontrack?.({ transceiver: t });
  }

  async addIceCandidate(): Promise<void> {}
  async getStats(): Promise<Map<string, unknown>> { return new Map(); }

  close(): void {
    this.closed = true;
    this.signalingState = "closed";
  }

  /** turn is what the network does. */
  turn(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** look asks for an offer where one is needed. */
  look(): void {
    if (this.asked || this.closed) return;
    this.asked = true;
    void tick().then(() => {
      this.asked = false;
      if (this.signalingState === "stable" && !this.closed && this.needed()) this.onnegotiationneeded?.();
    });
  }

  private needed(): boolean {
    return this.restarting || this.transceivers.some((t) => t.mid === null || (t.kind !== "application" && sends(t.direction) !== sends(this.lines.find((l) => l.mid === t.mid)?.dir ?? null)));
  }

  private add(kind: string, direction: Direction): FakeTransceiver {
    const t = new FakeTransceiver(kind, direction, this);
    this.transceivers.push(t);
    return t;
  }

  private save(): void {
    this.stable = this.transceivers.map((t) => ({ t, mid: t.mid, current: t.currentDirection }));
    this.fresh.clear();
  }

  private rollback(): void {
    if (this.signalingState !== "have-local-offer") throw new Error(`a rollback in ${this.signalingState}`);
    for (const { t, mid, current } of this.stable) [t.mid, t.currentDirection] = [mid, current];
    for (const t of this.transceivers) if (!this.stable.some((s) => s.t === t)) t.mid = null;
    this.signalingState = "stable";
    this.look();
  }

  private offer(): void {
    if (this.signalingState !== "stable") throw new Error(`an offer of ours in ${this.signalingState}`);
    this.save();
    if (this.restarting) this.generation++;
    for (const t of this.transceivers) t.mid ??= this.unused();
    this.localDescription = { type: "offer", sdp: write(`u${this.generation}`, this.described()) };
    this.signalingState = "have-local-offer";
  }

  /** unused counts from what is free, so that it is what the other side takes next, too. */
  private unused(): string {
    for (let n = 0; ; n++) if (!this.transceivers.some((t) => t.mid === `c${n}`)) return `c${n}`;
  }

  private described(): MLine[] {
    const old = this.lines.map((l) => l.mid);
    const all = [...this.transceivers].sort((a, b) => rank(old, a.mid) - rank(old, b.mid));
    return all.map((t) => ({ mid: t.mid!, kind: t.kind, dir: t.direction }));
  }

  private takeLine({ mid, kind, dir }: MLine): FakeTransceiver[] {
    let t = this.transceivers.find((x) => x.mid === mid) ?? (kind === "application" ? this.transceivers.find((x) => x.kind === kind) : undefined);
    t ??= this.add(kind, "recvonly");
    t.mid = mid;
    if (kind === "application") return [];
    const before = receives(t.currentDirection);
    return sends(dir) && !before ? [t] : [];
  }

  private answer(): void {
    const { lines } = read(this.currentRemoteDescription!.sdp);
    const out = lines.map(({ mid, kind, dir }) => {
      const t = this.transceivers.find((x) => x.mid === mid)!;
      t.currentDirection = kind === "application" ? "sendrecv" : both(t.direction, dir);
      return { mid, kind, dir: t.currentDirection };
    });
    this.finish("answer", out, out);
  }

  private settle(lines: MLine[], sdp: string): void {
    if (this.signalingState !== "have-local-offer") throw new Error(`an answer in ${this.signalingState}`);
    const offered = read(this.localDescription!.sdp).lines;
    if (offered.map((l) => l.mid).join() !== lines.map((l) => l.mid).join()) throw new Error("the answer is to something else");
    for (const { mid, dir } of lines) {
      const t = this.transceivers.find((x) => x.mid === mid)!;
      t.currentDirection = t.kind === "application" ? "sendrecv" : both(offered.find((l) => l.mid === mid)!.dir, turned(dir) === dir ? dir : dir);
    }
    this.currentRemoteDescription = { type: "answer", sdp };
    this.restarting = false;
    this.finish("offer", offered, offered.map((l) => ({ ...l, dir: l.dir })));
  }

  private finish(type: string, lines: MLine[], agreed: readonly MLine[]): void {
    this.lines = agreed;
    this.localDescription = { type, sdp: write(`u${this.generation}`, lines) };
    this.signalingState = "stable";
    this.look();
  }
}

const rank = (old: string[], mid: string | null): number => {
  const at = old.indexOf(mid ?? "");
  return at < 0 ? old.length : at;
};

/** tick lets everything else that is ready happen first. */
export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
