/** A topic in the page: the messages that its CAs publish, each once and in order. */
import type { Background, SessionMessage } from "./background.ts";
import { Reader, type Value } from "./cbor.ts";
import { type Code, WabError } from "./error.ts";
import { Listeners } from "./listeners.ts";
import { mapName } from "./map.ts";
import { Place } from "./place.ts";
import type { TopicState } from "./protocol.ts";

/** Position is a place in a topic: behind the message of that offset, in a life of the topic. */
export interface Position {
  readonly epoch: number;
  readonly offset: number;
}

/** Message is one message of a topic. Its epoch and offset are the position that one may go on from later. */
export interface Message<V = Value> extends Position {
  readonly value: V;
  /** The CA that published it, such as tweetiot:alice/home. */
  readonly from: string;
  /** When it was published by the server's clock, in ms as Date.now(), to the microsecond. */
  readonly at: number;
}

/** Gap tells that messages are lost here. */
export interface Gap {
  /** How many at most; undefined where nobody knows. */
  readonly missed: number | undefined;
}

/** TopicStatus is a topic's state, and why it is not live where that is known. */
export interface TopicStatus {
  readonly state: Exclude<TopicState, "opening">;
  readonly reason?: { readonly code: Code; readonly message: string };
}

export interface TopicEvents<V = Value> {
  message: (message: Message<V>) => void;
  gap: (gap: Gap) => void;
  state: (status: TopicStatus) => void;
}

export interface TopicOptions<V = Value> {
  /** What was read last: messages behind it come first, as far as the server still has them. Without it, from now on. */
  since?: Position | null | undefined;
  /** Only those messages that the CA's policy lets through to this handler of its, as if it had subscribed. The CA must be one's own. */
  as?: string;
  onmessage?: TopicEvents<V>["message"];
  ongap?: TopicEvents<V>["gap"];
  onstate?: TopicEvents<V>["state"];
}

/** Messages that arrive before there is a listener are kept up to this many. Beyond it the oldest are lost, which is told. */
const maxEarly = 1000;

export class Topic<V = Value> {
  status: TopicStatus = { state: "stale" };
  private readonly place: Place;
  private readonly all = new Listeners<[Message<V>]>();
  private readonly gaps = new Listeners<[Gap]>();
  private readonly states = new Listeners<[TopicStatus]>();
  private early: (Message<V> | Gap)[] | undefined = [];
  private last: Position;
  private readonly s: number;
  private settle: { resolve(t: Topic<V>): void; reject(e: WabError): void } | undefined;

  private constructor(private readonly background: Background, via: number, readonly name: string, ca: string, o: TopicOptions<V>) {
    const { epoch, offset } = (this.last = o.since ?? { epoch: 0, offset: 0 });
    this.place = new Place(epoch, offset);
    if (o.ongap) this.gaps.add(o.ongap);
    if (o.onstate) this.states.add(o.onstate);
    if (o.onmessage) this.on("message", o.onmessage);
    this.s = background.join((m) => this.receive(m));
    const filter = o.as ? { ca, method: o.as } : { ca: "", method: "" };
    background.post({ t: "openTopic", s: this.s, via, topic: name, epoch, offset, ...filter });
  }

  /** open resolves when the server has answered, and rejects when it refuses. via is the session whose connection it comes over. */
  static open<V = Value>(background: Background, via: number, name: string, ca: string, options: TopicOptions<V>): Promise<Topic<V>> {
    return new Promise((resolve, reject) => {
      new Topic<V>(background, via, name, ca, options).settle = { resolve, reject };
    });
  }

  get state(): TopicStatus["state"] { return this.status.state; }

  /** position is that of the last message that listeners heard, or of a later one that was not for us. Its epoch is 0 while the topic doesn't exist. */
  get position(): Position { return this.last; }

  /** on registers a listener and returns what removes it. Messages wait for the first "message" listener. A "state" listener hears the present state first. */
  on<E extends keyof TopicEvents<V>>(event: E, listener: TopicEvents<V>[E]): () => void {
    switch (event) {
      case "gap": return this.gaps.add(listener as TopicEvents<V>["gap"]);
      case "message": return this.hear(listener as TopicEvents<V>["message"]);
    }
    const off = this.states.add(listener as TopicEvents<V>["state"]);
    (listener as TopicEvents<V>["state"])(this.status);
    return off;
  }

  /** close ends this view. */
  close(): void {
    if (this.state === "ended") return;
    this.background.post({ t: "closeTopic", s: this.s });
    this.end({ state: "ended" });
  }

  private hear(listener: TopicEvents<V>["message"]): () => void {
    const off = this.all.add(listener);
    const early = this.early ?? [];
    this.early = undefined;
    for (const e of early) this.tell(e);
    if (early.length > 0) this.rest();
    return off;
  }

  private receive(m: SessionMessage): void {
    switch (m.t) {
      case "topicState": return this.turn(m.state, m.reason);
      case "topicOpened": return this.opened(this.place.open(m));
      case "topicMessages": return this.read(m.epoch, m.offset, m.messages);
      case "status": return this.turn("ended", m.status.reason); // the worker is gone
    }
  }

  private turn(state: TopicState, reason: TopicStatus["reason"]): void {
    if (state === "opening") return;
    const status: TopicStatus = { state, ...(reason && { reason }) };
    if (state === "ended") return this.end(status);
    this.status = status;
    if (state === "live") {
      this.settle?.resolve(this);
      this.settle = undefined;
    }
    this.states.tell(status);
  }

  private end(status: TopicStatus): void {
    this.background.leave(this.s);
    this.status = status;
    const { code, message } = status.reason ?? { code: "unavailable", message: "The topic was closed." };
    this.settle?.reject(new WabError(code, message));
    this.settle = undefined;
    this.states.tell(status);
  }

  private opened(lost: number | undefined): void {
    if (lost !== undefined) this.tell({ missed: lost || undefined });
    this.rest();
  }

  private read(epoch: number, offset: number, messages: Uint8Array): void {
    const behind = this.place.offset;
    if (!this.place.pass(epoch, offset)) return;
    const r = new Reader(messages);
    for (let n = r.count("array"); n > 0; n--) {
      const m = message<V>(r, epoch);
      if (m.offset > behind) this.tell(m);
    }
    this.rest();
  }

  /** tell passes something on, or keeps it for the first listener. */
  private tell(what: Message<V> | Gap): void {
    if (this.state === "ended") return; // by a listener
    if (this.early) return this.keep(what);
    if ("missed" in what) return this.gaps.tell(what);
    this.last = { epoch: what.epoch, offset: what.offset };
    this.all.tell(what);
  }

  private keep(what: Message<V> | Gap): void {
    const early = this.early!;
    early.push(what);
    if (early.length <= maxEarly) return;
    const [a, b] = early.splice(0, 2) as [Message<V> | Gap, Message<V> | Gap];
    const lost = [a, b].map((x) => ("missed" in x ? x.missed : 1));
    early.unshift({ missed: lost.includes(undefined) ? undefined : lost[0]! + lost[1]! });
  }

  /** rest moves the position on over what was not for us. */
  private rest(): void {
    if (!this.early?.length) this.last = { epoch: this.place.epoch, offset: this.place.offset };
  }
}

/** message reads one: [offset, at, from, value], and what a later version may add. */
function message<V>(r: Reader, epoch: number): Message<V> {
  const more = r.count("array") - 4;
  const [offset, at, from, value] = [Number(r.value(0)), Number(r.value(0)), r.key(), r.value(0) as V];
  for (let n = 0; n < more; n++) r.raw();
  return { epoch, offset, from, at: at / 1000, value };
}

/** topicName completes a topic's name: news, home/news, alice/home/news are one of alice's home in app, forum/party everybody's. */
export function topicName(ca: string, name: string): string {
  return name.startsWith("forum/") ? `${ca.split(":")[0]}:${name}` : mapName(ca, name);
}
