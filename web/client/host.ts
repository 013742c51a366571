/**
 * The background layer's host: it owns the sockets, the timers and the ports of tabs, and does what the core asks. There is one line
 * for each server, principal and token scope, which the tabs share; a tab's sessions are seats on lines. A tab that is gone leaves no seat.
 *
 * The host knows no browser API but those that Env names, so that tests run it in node.
 */
import { Archive, archiveName, archivePrefix } from "./archive.ts";
import { eraseCaches } from "./cache.ts";
import type { Core, Output, Reason } from "./core.ts";
import { Line } from "./line.ts";
import type { Opening } from "./place.ts";
import type { FromWorker, Port, Reading, Target } from "./protocol.ts";
import { Tab } from "./tab.ts";
import { claims } from "./token.ts";

/** Socket is the part of a WebSocket that the host needs. */
export interface Socket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(data: Uint8Array): void;
  close(code?: number): void;
}

export interface Env {
  /** The origin of the pages that are served here, as the server hears it. */
  origin?: string;
  dial(url: string): Socket;
  /** now is in µs since 1970. */
  now(): number;
  after(ms: number, f: () => void): unknown;
  cancel(timer: unknown): void;
  /** gone calls back when nobody holds the lock any more. */
  gone(lock: string, f: () => void): void;
  /** idb is where maps are kept; where there is none, they aren't. */
  readonly idb?: IDBFactory | undefined;
  /** hold takes a lock for as long as the worker lives, and never rejects: where locks can't be had, it is not held. */
  hold(lock: string): Promise<void>;
  /** crashed ends the worker, so that a reloaded page gets a new one. */
  crashed(): void;
}

export class Host implements Output {
  private readonly lines = new Map<number, Line>();
  private readonly tabs = new Set<Tab>();
  private readonly archives = new Map<string, Archive>();
  private readonly writers = new Map<string, Promise<void>>();
  private last = 0;
  lock = ""; // falls when the worker ends
  core!: Core; // set right after it was loaded with this host as its output

  constructor(readonly env: Env, readonly client: string) {}

  /** attach serves a tab's port; a bound one acts for its target only. */
  attach(port: Port, bound?: Target): Tab {
    const tab = new Tab(this, port, bound);
    tab.start();
    return tab;
  }

  /** enter notes a tab that lives, or lives again. */
  enter(tab: Tab): void {
    this.tabs.add(tab);
  }

  leave(tab: Tab): void {
    this.tabs.delete(tab);
  }

  /** lineFor is the line to a target: one that is there, with the newer of the two tokens, or a new one. A bound port gets a line for its very token. */
  lineFor(target: Target, bound: boolean): Line {
    const key = bound ? JSON.stringify([target.server, target.token]) : lineKey(target);
    const old = [...this.lines.values()].find((l) => l.key === key);
    if (old?.reusable()) {
      old.renew(target.token);
      return old;
    }
    if (old) this.drop(old);
    const line = new Line(this, ++this.last, key, target);
    this.lines.set(line.id, line);
    line.start();
    return line;
  }

  /** refresh hands a newer token to the line that it is for, if there is one. */
  refresh(target: Target): void {
    const key = lineKey(target);
    for (const line of this.lines.values()) if (line.key === key) line.renew(target.token);
  }

  /** forget ends all lines of an owner. */
  forget(server: string, owner: string): void {
    const reason: Reason = { code: "unauthenticated", message: "You have signed out. Sign in to go on." };
    for (const line of [...this.lines.values()]) {
      if (line.server === server && line.owner === owner) {
        line.end(reason);
        this.drop(line);
      }
    }
    this.burn(archivePrefix(server, owner));
  }

  /** archiveFor is where the maps that a token may read are kept over this worker's end. */
  archiveFor({ server, token }: Target): Archive | undefined {
    const { idb } = this.env;
    const name = archiveName(server, token);
    if (!idb || !name) return undefined;
    let a = this.archives.get(name);
    if (!a) this.archives.set(name, (a = new Archive(this.env, idb, name, this.writer(`${name} writer`))));
    return a;
  }

  /** burn erases the archives whose names begin so, those of other scopes and earlier days included. */
  burn(prefix: string): void {
    const known = [...this.archives.keys()].filter((n) => n.startsWith(prefix));
    for (const name of known) {
      this.archives.get(name)!.close();
      this.archives.delete(name);
    }
    if (this.env.idb) eraseCaches(this.env.idb, prefix, known).catch(() => {});
  }

  /** writer resolves when this worker is the one that writes to an archive. */
  private writer(lock: string): Promise<void> {
    let held = this.writers.get(lock);
    if (!held) this.writers.set(lock, (held = this.env.hold(lock)));
    return held;
  }

  drop(line: Line): void {
    line.stop();
    this.lines.delete(line.id);
  }

  nudge(online: boolean): void {
    for (const line of this.lines.values()) line.nudge(online);
  }

  dial(link: number, conn: number): void { this.lines.get(link)?.dial(conn); }
  hangUp(link: number, conn: number): void { this.lines.get(link)?.hangUp(conn); }
  send(link: number, conn: number, frame: Uint8Array): void { this.lines.get(link)?.send(conn, frame); }
  wake(link: number, at: number): void { this.lines.get(link)?.wake(at); }
  renew(link: number): void { this.lines.get(link)?.wantToken(); }
  state(link: number, status: number, next: number, reason: Reason | undefined): void { this.lines.get(link)?.state(status, next, reason); }
  opened(link: number, ch: number): void { this.lines.get(link)?.opened(ch); }
  closed(link: number, ch: number, reason: Reason): void { this.lines.get(link)?.closed(ch, reason); }

  reply(link: number, ch: number, req: number, result: Uint8Array): void {
    const copy = result.slice();
    this.lines.get(link)?.outcome(ch, req, (s, id) => [{ t: "reply", s, id, result: copy }, [copy.buffer]]);
  }

  failure(link: number, ch: number, req: number, reason: Reason, retryAfter: number): void {
    this.lines.get(link)?.outcome(ch, req, (s, id) => [{ t: "error", s, id, ...reason, retryAfter }, []]);
  }

  note(link: number, ch: number, seq: number, dropped: number, value: Uint8Array): void {
    this.lines.get(link)?.note(ch, seq, dropped, value.slice());
  }

  clock(link: number, reading: Reading): void { this.lines.get(link)?.clock(reading); }

  mapState(link: number, map: number, state: number, reason: Reason | undefined): void { this.lines.get(link)?.maps.state(map, state, reason); }

  mapChanged(link: number, map: number, flags: number, epoch: number, version: number, batch: Uint8Array): void {
    this.lines.get(link)?.maps.changed(map, flags, epoch, version, batch);
  }

  mapPresence(link: number, map: number, who: number, reset: boolean, people: Uint8Array): void {
    this.lines.get(link)?.maps.people(map, who, reset, people);
  }

  topicState(link: number, topic: number, state: number, reason: Reason | undefined): void { this.lines.get(link)?.topics.state(topic, state, reason); }
  topicOpened(link: number, topic: number, opening: Opening): void { this.lines.get(link)?.topics.opened(topic, opening); }

  topicMessages(link: number, topic: number, epoch: number, offset: number, messages: Uint8Array): void {
    this.lines.get(link)?.topics.messages(topic, epoch, offset, messages);
  }

  callState(link: number, call: number, state: number, reason: Reason | undefined): void { this.lines.get(link)?.calls.state(call, state, reason); }
  callSignal(link: number, call: number, payload: Uint8Array): void { this.lines.get(link)?.calls.signal(call, payload); }

  callOpened(link: number, call: number, resumed: boolean, member: string, payload: Uint8Array): void {
    this.lines.get(link)?.calls.opened(call, resumed, member, payload);
  }

  crashed(): void {
    const message: FromWorker = { t: "broken", message: "The background worker has crashed. Reload the page; what the server acknowledged is kept." };
    for (const tab of this.tabs) tab.post(message);
    this.env.crashed();
  }
}

/** lineKey is equal for what may share a connection: the same server, owner and scope. */
function lineKey({ server, token }: Target): string {
  const c = claims(token);
  return JSON.stringify([server, c.owner, c.scope]);
}
