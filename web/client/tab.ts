/** One page's port. When the page is gone its sessions end: nothing of it stays behind. One that was only asleep may begin anew. */
import { Caller } from "./calls.ts";
import { MapState, type Reason } from "./core.ts";
import type { Host } from "./host.ts";
import type { Line } from "./line.ts";
import type { Mirror } from "./mirror.ts";
import { beatEvery, deadAfter, type AboutMap, type Call, type FromWorker, type Open, type OpenCall, type OpenMap, type OpenTopic, type Port, type Target, type ToWorker } from "./protocol.ts";
import type { Seat } from "./seat.ts";
import { Ear, type Feed } from "./topics.ts";
import { TabView } from "./view.ts";

/** Look is one view of a map. */
interface Look {
  readonly line: Line;
  readonly mirror: Mirror;
  readonly view: TabView;
}

/** Hearing is one view of a topic. */
interface Hearing {
  readonly line: Line;
  readonly feed: Feed;
  readonly ear: Ear;
}

/** Talk is one call. */
interface Talk {
  readonly line: Line;
  readonly caller: Caller;
}

const away: Reason = { code: "unavailable", message: "This page was away for too long, and its session ended. Reload it to go on." };
const over: Reason = { code: "unavailable", message: "The session has ended. Connect again." };

export class Tab {
  private readonly seats = new Map<number, Seat>();
  private readonly looks = new Map<number, Look>();
  private readonly hearings = new Map<number, Hearing>();
  private readonly talks = new Map<number, Talk>();
  private readonly gathered: { of: AboutMap[]; transfer: Transferable[] } = { of: [], transfer: [] };
  private readonly bindings = new Map<number, Tab>();
  private heard: number;
  private watch: unknown;
  private locked = false;
  private here = false;

  constructor(private readonly host: Host, private readonly port: Port, private readonly bound: Target | undefined) {
    this.heard = host.env.now();
  }

  start(): void {
    this.port.onmessage = (e: MessageEvent) => this.receive(e.data as ToWorker, e.ports);
    this.port.start?.();
    this.post({ t: "ready", lock: this.host.lock });
    this.enter();
  }

  private enter(): void {
    this.here = true;
    this.host.enter(this);
    this.watchOver();
  }

  post(m: FromWorker, transfer: Transferable[] = []): void {
    this.port.postMessage(m, transfer);
  }

  /**
   * gather posts what is told in one go as one message: changes of one transaction are seen together. Parts, which are put aside, go ahead one by
   * one, so that the page has a breath between them.
   */
  gather(m: AboutMap, transfer: Transferable[]): void {
    const { of, transfer: all } = this.gathered;
    if (m.t === "mapBatch" && m.part && !of.some((o) => o.s === m.s)) return this.post(m, transfer);
    if (of.length === 0) queueMicrotask(() => this.post({ t: "all", of: of.splice(0) }, all.splice(0)));
    of.push(m);
    all.push(...transfer);
  }

  /** lose forgets a session that the server closed. */
  lose(s: number): void {
    this.seats.delete(s);
  }

  /** loseMap forgets a view of a map that has ended. */
  loseMap(s: number): void {
    this.looks.delete(s);
  }

  /** loseTopic forgets a view of a topic that has ended. */
  loseTopic(s: number): void {
    this.hearings.delete(s);
  }

  /** loseCall forgets a call that has ended. */
  loseCall(s: number): void {
    this.talks.delete(s);
  }

  /** end closes the tab's sessions, views and calls, and those of the frames it lent a port. */
  end(): void {
    if (!this.here) return;
    this.here = false;
    this.host.env.cancel(this.watch);
    for (const seat of this.seats.values()) {
      seat.tell({ state: "refused", reason: away });
      seat.line.leave(seat);
    }
    for (const [s, look] of [...this.looks]) {
      look.view.state(MapState.ended, away);
      this.leave(s, look);
    }
    for (const [s, hearing] of [...this.hearings]) {
      hearing.ear.state("ended", away);
      this.hush(s, hearing);
    }
    for (const [s, talk] of [...this.talks]) {
      talk.caller.state("ended", away);
      this.hangUp(s, talk);
    }
    for (const tab of this.bindings.values()) tab.close();
    this.seats.clear();
    this.bindings.clear();
    this.host.leave(this);
  }

  /** close ends the tab for good. */
  close(): void {
    this.end();
    this.port.onmessage = null;
    this.port.close?.();
  }

  private receive(m: ToWorker, ports: readonly MessagePort[]): void {
    this.heard = this.host.env.now();
    if (!this.here && m.t !== "bye") this.enter();
    switch (m.t) {
      case "hello": return this.hello(m.lock);
      case "open": return this.open(m);
      case "call": return this.call(m);
      case "close": return this.stand(m.s);
      case "clock": return this.time(m.s, m.sent);
      case "openMap": return this.openMap(m);
      case "closeMap": return this.leave(m.s, this.looks.get(m.s));
      case "openTopic": return this.openTopic(m);
      case "closeTopic": return this.hush(m.s, this.hearings.get(m.s));
      case "openCall": return this.openCall(m);
      case "helloCall": return this.withTalk(m.s, ({ line, caller }) => line.calls.hello(caller, m.hello));
      case "sendCall": return this.withTalk(m.s, ({ line, caller }) => line.calls.send(caller, m.n, m.payload));
      case "closeCall": return this.withTalk(m.s, (talk) => this.hangUp(m.s, talk));
      case "presence": return this.present(m.s, m.value);
      case "bye": return this.end();
    }
    if (!this.bound) this.command(m, ports);
  }

  /** command takes what only pages of our own origin may ask: a frame with a bound port may not. */
  private command(m: ToWorker, ports: readonly MessagePort[]): void {
    switch (m.t) {
      case "nudge": return this.host.nudge(m.online);
      case "token": return this.host.refresh(m.target);
      case "noToken": return this.seats.get(m.s)?.line.noToken();
      case "forget": return this.host.forget(m.server, m.owner);
      case "bind": return void (ports[0] && this.bindings.set(m.id, this.host.attach(ports[0], m.target)));
      case "unbind":
        this.bindings.get(m.id)?.close();
        this.bindings.delete(m.id);
    }
  }

  private hello(lock: string): void {
    this.locked = lock !== "";
    if (this.locked) this.host.env.gone(lock, () => this.end());
  }

  private open(m: Open): void {
    const target = this.bound ?? m.target;
    if (!target) return this.refuse(m.s, { code: "unauthenticated", message: "The session says neither server nor token." });
    const line = this.host.lineFor(target, this.bound !== undefined);
    const name = fullName(m.app, m.ca, line.owner);
    if (!name) return this.refuse(m.s, { code: "bad_request", message: `"${m.ca}" is no name of a CA here: write owner/name.` });
    this.seats.set(m.s, line.seat(this, m.s, name, m));
  }

  private call(m: Call): void {
    const seat = this.seats.get(m.s);
    if (seat) seat.line.request(seat, m.id, m.method, m.args, m.timeout);
    else this.post({ t: "error", s: m.s, id: m.id, code: "unavailable", message: "The session has ended. Connect again.", retryAfter: 0 });
  }

  private time(s: number, sent: number): void {
    const seat = this.seats.get(s);
    seat?.line.followClock(seat, sent);
  }

  private stand(s: number): void {
    const seat = this.seats.get(s);
    this.seats.delete(s);
    seat?.line.leave(seat);
  }

  private openMap({ s, via, map }: OpenMap): void {
    const line = this.seats.get(via)?.line;
    const view = new TabView(this, s);
    if (!line) return view.state(MapState.ended, over);
    this.looks.set(s, { line, view, mirror: line.maps.view(map, view) });
  }

  private openTopic(m: OpenTopic): void {
    const line = this.seats.get(m.via)?.line;
    const ear = new Ear(this, m.s);
    if (!line) return ear.state("ended", over);
    this.hearings.set(m.s, { line, ear, feed: line.topics.listen(m, ear) });
  }

  private hush(s: number, hearing: Hearing | undefined): void {
    this.hearings.delete(s);
    if (!hearing) return;
    hearing.line.topics.leave(hearing.feed, hearing.ear);
    hearing.line.rest();
  }

  private openCall(m: OpenCall): void {
    const line = this.seats.get(m.via)?.line;
    const caller = new Caller(this, m.s);
    if (!line) return caller.state("ended", over);
    if (line.calls.open(m, caller)) this.talks.set(m.s, { line, caller });
  }

  private withTalk(s: number, f: (talk: Talk) => void): void {
    const talk = this.talks.get(s);
    if (talk) f(talk);
  }

  private hangUp(s: number, { line, caller }: Talk): void {
    this.talks.delete(s);
    line.calls.leave(caller);
    line.rest();
  }

  private present(s: number, value: Uint8Array): void {
    const look = this.looks.get(s);
    look?.mirror.present(look.view, value);
  }

  private leave(s: number, look: Look | undefined): void {
    this.looks.delete(s);
    if (!look) return;
    look.line.maps.leave(look.mirror, look.view);
    look.line.rest();
  }

  private refuse(s: number, reason: Reason): void {
    this.post({ t: "status", s, name: "", status: { state: "refused", reason } });
  }

  /** watchOver ends a tab that has no lock and gives no sign of life. */
  private watchOver(): void {
    this.watch = this.host.env.after(beatEvery, () => {
      const silent = (this.host.env.now() - this.heard) / 1000;
      if (!this.locked && silent > deadAfter) this.end();
      else this.watchOver();
    });
  }
}

/** fullName completes a CA's name: home, alice/home and counter:alice/home are the same for alice in counter. */
export function fullName(app: string, ca: string, owner: string): string {
  if (ca.includes(":")) return ca;
  if (ca.includes("/")) return `${app}:${ca}`;
  return owner && ca ? `${app}:${owner}/${ca}` : "";
}
