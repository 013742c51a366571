/** One connection to a server for one principal and token scope, with the seats on it, and the maps, topics and calls over it. */
import { Calls } from "./calls.ts";
import { LinkStatus, type Reason } from "./core.ts";
import { unreachable } from "./error.ts";
import type { Archive } from "./archive.ts";
import type { Host, Socket } from "./host.ts";
import { Maps } from "./maps.ts";
import type { FromWorker, Open, Reading, Status, Target } from "./protocol.ts";
import { Seat } from "./seat.ts";
import type { Tab } from "./tab.ts";
import { Topics } from "./topics.ts";
import { claims } from "./token.ts";

/** Outcome makes the message about a call from its numbers at the tab. */
export type Outcome = (s: number, id: number) => [FromWorker, Transferable[]];

/** A line without seats, views of maps and topics, and calls stays connected this long, in ms: pages come and go. */
const linger = 30_000;

/** A page may take this long to get a fresh token, in ms. */
const renewWithin = 15_000;

export class Line {
  readonly server: string;
  readonly owner: string;
  readonly maps: Maps;
  readonly topics: Topics;
  readonly calls: Calls;
  private token: string;
  private socket: { conn: number; ws: Socket } | undefined;
  private timer: unknown;
  private lingering: unknown;
  private asking: unknown;
  private status: number = LinkStatus.idle;
  private wasLive = false;
  private next = 0;
  private reason: Reason | undefined;
  private reading: Reading | undefined;
  private readonly seats = new Map<number, Seat>(); // by channel

  constructor(private readonly host: Host, readonly id: number, readonly key: string, target: Target) {
    this.server = target.server;
    this.token = target.token;
    this.owner = claims(target.token).owner;
    const at = { env: host.env, core: host.core, link: id, archive: () => this.archive() };
    this.maps = new Maps(at);
    this.topics = new Topics(at);
    this.calls = new Calls(at);
  }

  start(): void {
    this.host.core.start(this.id, this.token, this.host.client);
  }

  /** reusable tells whether another session may join: a refused line without sessions is better made anew. */
  reusable(): boolean {
    return this.status !== LinkStatus.refused || this.seats.size > 0;
  }

  /** renew goes on with another token, unless the one in use is newer. */
  renew(token: string): void {
    if (token === this.token || claims(token).issued < claims(this.token).issued) return;
    this.token = token;
    this.host.env.cancel(this.asking);
    this.host.core.setToken(this.id, token);
  }

  /** stop ends the connection. */
  stop(): void {
    this.host.env.cancel(this.lingering);
    this.host.env.cancel(this.asking);
    this.maps.closeAll();
    this.topics.closeAll();
    this.calls.closeAll();
    this.host.core.stop(this.id);
    this.host.env.cancel(this.timer);
  }

  /** end takes everything away, with a reason. */
  end(reason: Reason): void {
    this.endAll(reason);
    for (const seat of [...this.seats.values()]) this.closed(seat.ch, reason);
  }

  nudge(online: boolean): void {
    if (online) this.host.core.retryNow(this.id);
    else if (this.socket) this.host.core.disconnected(this.id, this.socket.conn);
  }

  // Seats.

  seat(tab: Tab, s: number, name: string, { session, keep, renews }: Open): Seat {
    this.host.env.cancel(this.lingering);
    const ch = this.host.core.openChannel(this.id, name, session, keep);
    const seat = new Seat(tab, s, this, ch, name, renews);
    this.seats.set(ch, seat);
    seat.tell(this.statusOf(seat));
    this.host.core.flush(this.id);
    return seat;
  }

  leave(seat: Seat): void {
    if (!this.seats.delete(seat.ch)) return;
    this.host.core.closeChannel(this.id, seat.ch);
    this.rest();
  }

  /** rest hangs up after a while without anybody. */
  rest(): void {
    this.host.env.cancel(this.lingering);
    if (!this.used()) this.lingering = this.host.env.after(linger, () => !this.used() && this.host.drop(this));
  }

  private used(): boolean {
    return this.seats.size > 0 || this.maps.viewed || this.topics.heard || this.calls.any;
  }

  request(seat: Seat, id: number, method: string, args: Uint8Array, timeout: number): void {
    const req = this.host.core.request(this.id, seat.ch, method, args, timeout);
    seat.calls.set(req, id);
    this.host.core.flush(this.id);
  }

  /** followClock answers a page that asks for the server's time, and goes on telling it. */
  followClock(seat: Seat, asked: number): void {
    this.host.core.followClock(this.id);
    seat.timed = true;
    this.tellTime(seat, { asked });
  }

  // What the core asks for.

  dial(conn: number): void {
    const ws = this.connect(conn);
    if (!ws) return;
    const lost = (): void => {
      if (this.socket?.conn !== conn) return;
      this.socket = undefined;
      this.host.core.disconnected(this.id, conn);
    };
    ws.binaryType = "arraybuffer";
    ws.onopen = () => this.socket?.conn === conn && this.host.core.connected(this.id, conn);
    ws.onmessage = ({ data }) => {
      if (this.socket?.conn !== conn) return;
      if (data instanceof ArrayBuffer) this.host.core.received(this.id, conn, data);
      else ws.close(), lost(); // text is not of this protocol
    };
    ws.onclose = lost;
    this.socket = { conn, ws };
  }

  /** connect makes the socket. One that the browser forbids (plain ws from a secure page) is lost a moment later. */
  private connect(conn: number): Socket | undefined {
    try {
      return this.host.env.dial(`${this.server.replace(/^http/, "ws")}/api/session`);
    } catch {
      this.host.env.after(0, () => this.host.core.disconnected(this.id, conn));
      return undefined;
    }
  }

  hangUp(conn: number): void {
    if (this.socket?.conn !== conn) return;
    const { ws } = this.socket;
    this.socket = undefined;
    ws.close(1000);
  }

  send(conn: number, frame: Uint8Array): void {
    if (this.socket?.conn === conn) this.socket.ws.send(frame);
  }

  wake(at: number): void {
    this.host.env.cancel(this.timer);
    if (at > 0) this.timer = this.host.env.after(Math.max(0, (at - this.host.env.now()) / 1000), () => this.host.core.tick(this.id));
  }

  /** wantToken asks one session that can renew; without an answer in time there is no token. */
  wantToken(): void {
    const seat = [...this.seats.values()].find((x) => x.renews);
    seat?.tab.post({ t: "renew", s: seat.s });
    this.host.env.cancel(this.asking);
    this.asking = this.host.env.after(seat ? renewWithin : 0, () => this.noToken());
  }

  noToken(): void {
    this.host.env.cancel(this.asking);
    this.host.core.noToken(this.id);
  }

  // What the core tells.

  state(status: number, next: number, reason: Reason | undefined): void {
    [this.status, this.next, this.reason] = [status, next, reason];
    this.wasLive ||= status === LinkStatus.live;
    if (status === LinkStatus.refused && reason) this.refuseAll(reason);
    for (const seat of this.seats.values()) {
      if (status !== LinkStatus.live && status !== LinkStatus.resuming) seat.open = false;
      seat.tell(this.statusOf(seat));
    }
  }

  /** endAll takes maps, topics and calls away. */
  private endAll(reason: Reason): void {
    this.maps.endAll(reason);
    this.topics.endAll(reason);
    this.calls.endAll(reason);
  }

  /** refuseAll takes all away from who may not see it any more, the kept maps too. */
  private refuseAll(reason: Reason): void {
    this.endAll(reason);
    const archive = this.archive();
    if (archive) this.host.burn(archive.name);
  }

  private archive(): Archive | undefined {
    return this.host.archiveFor({ server: this.server, token: this.token });
  }

  clock(reading: Reading): void {
    this.reading = reading;
    for (const seat of this.seats.values()) if (seat.timed) this.tellTime(seat, {});
  }

  private tellTime(seat: Seat, answer: { asked?: number }): void {
    const { reading } = this;
    seat.tab.post({ t: "clock", s: seat.s, at: this.host.env.now(), ...answer, ...(reading && { reading }) });
  }

  opened(ch: number): void {
    const seat = this.seats.get(ch);
    if (!seat) return;
    seat.open = seat.everOpen = true;
    seat.tell(this.statusOf(seat));
  }

  closed(ch: number, reason: Reason): void {
    const seat = this.seats.get(ch);
    if (!seat) return;
    seat.tell({ state: "refused", reason });
    seat.tab.lose(seat.s);
    this.seats.delete(ch);
  }

  outcome(ch: number, req: number, make: Outcome): void {
    const seat = this.seats.get(ch);
    const id = seat?.calls.get(req);
    if (!seat || id === undefined) return;
    seat.calls.delete(req);
    seat.tab.post(...make(seat.s, id));
  }

  note(ch: number, seq: number, dropped: number, value: Uint8Array<ArrayBuffer>): void {
    const seat = this.seats.get(ch);
    seat?.tab.post({ t: "note", s: seat.s, seq, dropped, value }, [value.buffer]);
  }

  private statusOf(seat: Seat): Status {
    switch (this.status) {
      case LinkStatus.offline: return this.offline();
      case LinkStatus.refused: return { state: "refused", reason: this.reason! };
      default: return { state: seat.open ? "live" : seat.everOpen ? "resuming" : "connecting" };
    }
  }

  private offline(): Status {
    const reason: Reason = this.reason ?? { code: "unavailable", message: this.wasLive ? "The server can't be reached." : unreachable(this.server, this.host.env.origin) };
    return this.next > 0 ? { state: "offline", reason, next: this.next / 1000 } : { state: "offline", reason };
  }
}
