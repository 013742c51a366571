/** One session of this page with one CA: its calls, its notes and its state. */
import { encodeArgs } from "./args.ts";
import type { Background, SessionMessage } from "./background.ts";
import { Call, type CallOptions } from "./call.ts";
import { decode, type Value } from "./cbor.ts";
import { Clock } from "./clock.ts";
import { checkDeviceName, type Device, type DeviceOptions, openDevice } from "./device.ts";
import { type Code, WabError } from "./error.ts";
import { Listeners } from "./listeners.ts";
import { mapName, SharedMap } from "./map.ts";
import type { Open, Status } from "./protocol.ts";
import { Topic, topicName, type TopicOptions } from "./topic.ts";

/** NoteInfo stands beside each note. */
export interface NoteInfo {
  /** Rising within the session. */
  readonly seq: number;
  /** How many notes were lost just before this one. */
  readonly dropped: number;
}

export interface Events {
  note: (value: Value, info: NoteInfo) => void;
  state: (status: Status) => void;
}

/** Handle is the part of a connected CA that is the client's own. Its names begin in lower case, methods of CAs in upper case. */
export interface Handle {
  /** The CA's full name, such as counter:alice/home. */
  readonly name: string;
  /** The session's name with the CA. */
  readonly session: string;
  readonly status: Status;
  /** The server's time, as well as it is known. It is compared from the first use on. */
  readonly clock: Clock;
  /** on registers a listener and returns what removes it. A "state" listener hears the present state first. */
  on<E extends keyof Events>(event: E, listener: Events[E]): () => void;
  /** call calls a method by name. timeout is in ms, 0 for as long as it takes, and replaces that of connect. */
  call(method: string, args: unknown[], options?: { timeout?: number }): Promise<Value>;
  /**
   * enter makes this page a member of a room of this CA, or another one: "room", "bob/meeting/room" or "app:bob/meeting/room". It returns at once;
   * the call comes back by itself after every cut, and ends when the server refuses or the session closes. Each call is a member of its own.
   */
  enter(room: string, options?: CallOptions): Call;
  /**
   * map shows a SharedMap of this CA, or another one: "board", "bob/home/board" or "app:bob/home/board". It resolves when there is a content to
   * show, from the cache or from the server, and rejects when the map is refused.
   */
  map<V = Value>(name: string): Promise<SharedMap<V>>;
  /**
   * device makes this tab a device of the CA: it runs Timed Bundles, follows desired values and reports its own. It has a session of its own, by the
   * device's name: one that comes later takes over. It resolves when the device's maps are there, and rejects when they are refused.
   */
  device(name: string, options?: DeviceOptions): Promise<Device>;
  /**
   * topic follows a topic: a forum, "forum/party", one of this CA, "news", or another's, "bob/home/news". It resolves when the server has answered,
   * and rejects when it refuses.
   */
  topic<V = Value>(name: string, options?: TopicOptions<V>): Promise<Topic<V>>;
  /** close ends the session for good, its maps, topics and calls; methods that have not answered are rejected. */
  close(): void;
}

interface Waiting {
  resolve(v: Value): void;
  reject(e: WabError): void;
}

/** Notes that arrive before the first listener are kept up to this many. */
const maxEarly = 1000;

export class Session implements Handle {
  name = "";
  status: Status = { state: "connecting" };
  private readonly s: number;
  private readonly notes = new Listeners<Parameters<Events["note"]>>();
  private readonly states = new Listeners<[Status]>();
  private readonly views = new Set<{ close(): void }>(); // maps, topics and calls
  private readonly waiting = new Map<number, Waiting>();
  private early: [Value, NoteInfo][] | undefined = [];
  private time: Clock | undefined;
  private named = (): void => {};
  private last = 0;
  private closed = false;

  constructor(
    private readonly background: Background,
    private readonly open: Omit<Open, "t" | "s" | "renews">,
    private readonly timeout: number,
    private readonly renew?: () => Promise<string>,
  ) {
    this.session = open.session;
    this.s = background.join((m) => this.receive(m));
    background.post({ t: "open", s: this.s, renews: renew !== undefined, ...open });
  }

  readonly session: string;

  on<E extends keyof Events>(event: E, listener: Events[E]): () => void {
    if (event === "state") {
      const off = this.states.add(listener as Events["state"]);
      (listener as Events["state"])(this.status);
      return off;
    }
    const off = this.notes.add(listener as Events["note"]);
    this.tellEarly();
    return off;
  }

  get clock(): Clock {
    return (this.time ??= new Clock(this.background, this.s));
  }

  async map<V = Value>(name: string): Promise<SharedMap<V>> {
    this.check();
    const map = await SharedMap.open<V>(this.background, this.s, mapName(this.name, name));
    if (this.closed) map.close();
    this.views.add(map);
    map.on("state", ({ state }) => state === "ended" && this.views.delete(map));
    return map;
  }

  async topic<V = Value>(name: string, options: TopicOptions<V> = {}): Promise<Topic<V>> {
    this.check();
    const topic = await Topic.open<V>(this.background, this.s, topicName(this.name, name), this.name, options);
    if (this.closed) topic.close();
    this.views.add(topic);
    topic.on("state", ({ state }) => state === "ended" && this.views.delete(topic));
    return topic;
  }

  async device(name: string, options: DeviceOptions = {}): Promise<Device> {
    this.check();
    checkDeviceName(name);
    if (name === this.session) throw new WabError("conflict", `This session is called ${name} itself: the device would take it over. Connect with another session name.`);
    return openDevice(new Session(this.background, { ...this.open, session: name }, 0, this.renew), name, options);
  }

  call(method: string, args: unknown[], options: { timeout?: number } = {}): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.check();
      const bytes = encodeArgs(method, args);
      const id = ++this.last;
      this.waiting.set(id, { resolve, reject });
      this.background.post({ t: "call", s: this.s, id, method, args: bytes, timeout: options.timeout ?? this.timeout }, [bytes.buffer as ArrayBuffer]);
    });
  }

  enter(room: string, options: CallOptions = {}): Call {
    this.check();
    const view = { close: (): void => call.end({ code: "unavailable", message: "The session was closed." }) };
    const call = new Call(this.background, this.s, mapName(this.name, room), options, () => this.views.delete(view));
    this.views.add(view);
    return call;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const v of this.views) v.close();
    this.background.post({ t: "close", s: this.s });
    this.background.leave(this.s);
    this.rejectAll(new WabError("unavailable", "The session was closed before an answer came."));
  }

  /** ready resolves when the session is live for the first time, or without waiting when its name is known, and rejects when it is refused before. */
  ready(wait = true): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!wait) this.named = resolve;
      let off = (): void => {};
      off = this.on("state", ({ state, reason }) => {
        if (state === "live") resolve();
        else if (state === "refused") reject(refusal(reason));
        else return;
        queueMicrotask(() => off());
      });
    });
  }

  private receive(m: SessionMessage): void {
    switch (m.t) {
      case "status": return this.become(m.name, m.status);
      case "reply": return this.settle(m.id, (w) => w.resolve(decode(m.result)));
      case "error": return this.settle(m.id, (w) => w.reject(new WabError(m.code, m.message, m.retryAfter)));
      case "renew": return void this.answerRenew();
      case "clock": return this.time?.receive(m);
      case "note": return this.note(decode(m.value), { seq: m.seq, dropped: m.dropped });
    }
  }

  private async answerRenew(): Promise<void> {
    const token = await this.renew?.().catch(() => "");
    const { target } = this.open;
    if (token && target) this.background.post({ t: "token", target: { server: target.server, token } });
    else this.background.post({ t: "noToken", s: this.s });
  }

  private become(name: string, status: Status): void {
    this.name = name || this.name;
    if (name) this.named();
    if (JSON.stringify(status) === JSON.stringify(this.status)) return;
    this.status = status;
    this.states.tell(status);
    if (status.state === "refused") this.rejectAll(refusal(status.reason));
  }

  private settle(id: number, how: (w: Waiting) => void): void {
    const w = this.waiting.get(id);
    if (!w) return;
    this.waiting.delete(id);
    how(w);
  }

  private note(value: Value, info: NoteInfo): void {
    if (this.early) {
      this.early.push([value, info]);
      if (this.early.length > maxEarly) this.early.shift();
      return;
    }
    this.notes.tell(value, info);
  }

  private tellEarly(): void {
    const early = this.early ?? [];
    this.early = undefined;
    for (const [value, info] of early) this.note(value, info);
  }

  private check(): void {
    if (this.closed) throw new WabError("bad_request", "The session is closed. Connect again.");
    if (this.status.state === "refused") throw refusal(this.status.reason);
  }

  private rejectAll(e: WabError): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const w of waiting) w.reject(e);
  }
}

export function refusal(reason: { code: Code; message: string } | undefined): WabError {
  return new WabError(reason?.code ?? "unavailable", reason?.message ?? "The session ended.");
}
