/** The other side: an impolite server that keeps the rules of the signalling, and a line to it that can be cut. */
import type { LineEvents, Lines, LineState } from "../line.ts";
import type { FromClient, Source } from "../signal.ts";
import { decode, encode, type Value } from "../../client/cbor.ts";
import { type Direction, type MLine, read, tick, turned, write } from "./connection.ts";

type Signal = { t: string; [field: string]: unknown };

/** ServerPeer is what the server has of one member. */
class ServerPeer {
  lines: MLine[] = [];
  sources: { [mid: string]: Source } = {};
  streams = new Map<string, { member: string; source: Source }>(); // by mid
  out: Signal | undefined; // our offer without an answer
  answered: Signal | undefined;
  refuse: { code: string; message: string } | undefined;
  candidates = 0;
  ufrag = "";
  private wanted: { member: string; source: Source }[] = [];
  private n = 0;
  private readonly mine = new Set<string>(); // mids of lines that we have made

  constructor(private readonly say: (s: Signal) => void) {}

  show(...wanted: { member: string; source: Source }[]): void {
    this.wanted = wanted;
    this.offer();
  }

  hear(s: FromClient): void {
    switch (s.t) {
      case "offer": return this.take(s);
      case "answer": return this.accept(s.n, s.sdp);
      case "candidate": return void this.candidates++;
    }
  }

  resume(): void {
    if (this.out) this.say(this.out);
  }

  private take(s: Extract<FromClient, { t: "offer" }>): void {
    if (s.n === this.answered?.["n"]) return this.say(this.answered);
    if (s.n < Number(this.answered?.["n"] ?? 0) || this.out) return;
    if (this.refuse) return this.say({ t: "refused", n: s.n, ...this.refuse });
    const { ufrag, lines } = read(s.sdp);
    for (const { mid } of this.lines) if (!lines.some((l) => l.mid === mid)) throw new Error(`the client's offer lacks mid ${mid}`);
    [this.lines, this.sources, this.ufrag] = [lines.map((l) => ({ ...l, dir: turned(l.dir) })), s.sources, ufrag];
    this.answered = { t: "answer", n: s.n, sdp: write("server", this.lines) };
    this.say(this.answered);
    this.offer();
  }

  private accept(n: number, sdp: string): void {
    if (this.out?.["n"] !== n) return;
    this.out = undefined;
    const { lines } = read(sdp);
    if (lines.map((l) => l.mid).join() !== this.lines.map((l) => l.mid).join()) throw new Error(`the client answers ${lines.map((l) => l.mid).join()} and not ${this.lines.map((l) => l.mid).join()}`);
    for (const { mid, dir } of lines) if (!this.mine.has(mid)) this.turn(mid, turned(dir)); // what of ours it no longer sends
    this.offer();
  }

  /** offer says what is to be shown, when it is not what was agreed. */
  private offer(): void {
    if (this.out || this.lines.length === 0) return; // the client offers first
    const key = (o: { member: string; source: Source }): string => `${o.member}/${o.source}`;
    const wanted = new Map(this.wanted.map((o) => [key(o), o]));
    const before = [...this.streams.values()].map(key).sort().join();
    for (const [mid, o] of this.streams) {
      if (wanted.delete(key(o))) continue;
      this.streams.delete(mid);
      this.turn(mid, "inactive");
    }
    for (const o of wanted.values()) this.place(o);
    if (before === [...this.streams.values()].map(key).sort().join()) return;
    this.out = { t: "offer", n: ++this.n, sdp: write("server", this.lines), streams: Object.fromEntries(this.streams), on: Number(this.answered?.["n"] ?? 0) };
    this.say(this.out);
  }

  private place(o: { member: string; source: Source }): void {
    const kind = o.source === "camera" || o.source === "screen" ? "video" : "audio";
    const free = this.lines.find((l) => l.kind === kind && l.dir === "inactive" && this.mine.has(l.mid) && !this.streams.has(l.mid));
    const mid = free?.mid ?? this.unused();
    this.mine.add(mid);
    if (free) this.turn(mid, "sendonly");
    else this.lines = [...this.lines, { mid, kind, dir: "sendonly" }];
    this.streams.set(mid, o);
  }

  /** unused is the mid that the client would take next, too: both sides count, as browsers and pion do. */
  private unused(): string {
    for (let n = 0; ; n++) if (!this.lines.some((l) => l.mid === `c${n}`)) return `c${n}`;
  }

  private turn(mid: string, dir: Direction): void {
    this.lines = this.lines.map((l) => (l.mid === mid ? { ...l, dir } : l));
  }
}

/** Server has one member at a time. */
export class Server {
  peer: ServerPeer | undefined;
  members = 0;
  hellos: Value[] = [];
  heard: FromClient[] = [];
  opened: { [field: string]: unknown } = { ice: [{ urls: ["turn:x"], username: "u", credential: "c" }], people: [], mode: "gallery", me: "me", now: 1_000_000, may: ["publish", "share", "act"] };
  private wanted: { member: string; source: Source }[] = [];
  private toClient: Value[] = [];
  private toServer: FromClient[] = [];
  private events: LineEvents | undefined;
  private state: LineState = "ended";

  readonly lines: Lines = (hello, events) => {
    this.hellos.push(hello);
    this.events = events;
    this.state = "opening";
    queueMicrotask(() => this.events === events && this.enter(false));
    return {
      send: (value) => {
        if (this.state !== "live" || this.events !== events) return false;
        this.toServer.push(decode(encode(value)) as unknown as FromClient);
        return true;
      },
      hello: (value) => void this.hellos.push(value),
      close: () => {
        if (this.events !== events) return;
        this.state = "ended";
        this.peer = undefined;
        [this.toClient, this.toServer] = [[], []];
      },
    };
  };

  /** say sends something to the client. */
  say(s: Signal): void {
    if (this.state === "live") this.toClient.push(decode(encode(s)));
  }

  show(...wanted: { member: string; source: Source }[]): void {
    this.wanted = wanted;
    this.peer?.show(...wanted);
  }

  get live(): boolean { return this.state === "live"; }

  /** cut loses what is under way. */
  cut(): void {
    [this.toClient, this.toServer] = [[], []];
    this.state = "stale";
    this.events?.onstate("stale");
  }

  /** back has the client's line open again. */
  back(resumed: boolean): void {
    this.enter(resumed);
  }

  end(code: string, message: string): void {
    this.state = "ended";
    this.events?.onstate("ended", { code, message });
  }

  /** deliver passes one signal on, in each direction or in one. */
  deliver(which: "up" | "down"): boolean {
    const up = which === "up" ? this.toServer.shift() : undefined;
    const down = which === "down" ? this.toClient.shift() : undefined;
    if (up) {
      this.heard.push(up);
      this.peer?.hear(up);
    }
    if (down !== undefined) this.events?.onsignal(down);
    return up !== undefined || down !== undefined;
  }

  /** settle passes everything on until nobody has more to say. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 12;) {
      await tick();
      const moved = [this.deliver("up"), this.deliver("down")].includes(true);
      quiet = moved ? 0 : quiet + 1;
    }
  }

  private enter(resumed: boolean): void {
    this.state = "live";
    if (!resumed || !this.peer) {
      this.members++;
      this.peer = new ServerPeer((s) => this.say(s));
      this.peer.show(...this.wanted);
    }
    this.events?.onstate("live");
    this.events?.onopened({ resumed, member: "me", payload: decode(encode({ ...this.opened, now: 1 })) });
    if (resumed) this.peer.resume();
  }
}
