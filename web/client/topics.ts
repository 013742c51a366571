/** The topics of one line: one subscription of the core for each topic and filter, however many pages read it. */
import { MapState, type Reason } from "./core.ts";
import type { Surroundings } from "./mirror.ts";
import { type Opening, Place } from "./place.ts";
import type { OpenTopic, TopicState } from "./protocol.ts";
import type { Tab } from "./tab.ts";

/** A topic that nobody reads is followed this long, in ms: pages come and go. */
const linger = 30_000;

const names: readonly TopicState[] = ["opening", "live", "stale", "ended"];

/** Ear is one page's view of a topic. It has a place of its own, in the page. */
export class Ear {
  constructor(readonly tab: Tab, readonly s: number) {}

  state(state: TopicState, reason?: Reason): void {
    this.tab.post({ t: "topicState", s: this.s, state, ...(reason && { reason }) });
    if (state === "ended") this.tab.loseTopic(this.s);
  }

  opened(o: Opening): void {
    this.tab.post({ t: "topicOpened", s: this.s, ...o });
  }

  messages(epoch: number, offset: number, messages: Uint8Array<ArrayBuffer>): void {
    this.tab.post({ t: "topicMessages", s: this.s, epoch, offset, messages }, [messages.buffer]);
  }
}

/** Feed is one subscription. */
export class Feed {
  readonly ears = new Set<Ear>();
  readonly lead = new Place(); // how far it has got at most
  state: TopicState = "opening";
  reason: Reason | undefined;

  turn(state: TopicState, reason: Reason | undefined): void {
    [this.state, this.reason] = [state, reason];
    for (const e of [...this.ears]) e.state(state, reason);
  }

  /** join adds a page. One that doesn't say where it was begins where the subscription has got to. */
  join(ear: Ear, anywhere: boolean): void {
    this.ears.add(ear);
    if (anywhere && this.lead.known) ear.opened(this.lead.opening);
    ear.state(this.state, this.reason);
  }
}

export class Topics {
  private readonly feeds = new Map<number, Feed>();
  private readonly doomed = new Set<number>(); // taken away, and still open in the core

  constructor(private readonly at: Surroundings) {}

  /** heard tells whether anybody reads a topic here. */
  get heard(): boolean {
    return [...this.feeds.values()].some((f) => f.ears.size > 0);
  }

  /** listen adds a page to a topic, and takes the subscription back to where the page was. */
  listen({ topic, ca, method, epoch, offset }: OpenTopic, ear: Ear): Feed {
    this.bury();
    const id = this.at.core.openTopic(this.at.link, topic, ca, method, epoch, offset);
    let feed = this.feeds.get(id);
    if (!feed) this.feeds.set(id, (feed = new Feed()));
    feed.join(ear, epoch === 0);
    return feed;
  }

  /** leave ends a page's view; the subscription ends when nobody has come back to it for a while. */
  leave(feed: Feed, ear: Ear): void {
    feed.ears.delete(ear);
    if (feed.ears.size === 0) this.at.env.after(linger, () => feed.ears.size === 0 && this.close(feed));
  }

  /** closeAll is for the end of the line, which closes them in the core. */
  closeAll(): void {
    this.feeds.clear();
  }

  /** endAll takes every topic away. The core may be telling something right now, and is asked to forget them later. */
  endAll(reason: Reason): void {
    for (const [id, feed] of [...this.feeds]) {
      this.feeds.delete(id);
      this.doomed.add(id);
      feed.turn("ended", reason);
    }
    this.at.env.after(0, () => this.bury());
  }

  private bury(): void {
    for (const id of this.doomed) this.at.core.closeTopic(this.at.link, id);
    this.doomed.clear();
  }

  // What the core tells.

  state(id: number, state: number, reason: Reason | undefined): void {
    const feed = this.feeds.get(id);
    if (state === MapState.ended) this.feeds.delete(id);
    feed?.turn(names[state]!, reason);
  }

  opened(id: number, o: Opening): void {
    const feed = this.feeds.get(id);
    if (!feed) return;
    feed.lead.open(o);
    for (const e of feed.ears) e.opened(o);
    if (feed.state !== "live") feed.turn("live", undefined);
  }

  messages(id: number, epoch: number, offset: number, messages: Uint8Array): void {
    const feed = this.feeds.get(id);
    feed?.lead.pass(epoch, offset);
    for (const e of feed?.ears ?? []) e.messages(epoch, offset, messages.slice() as Uint8Array<ArrayBuffer>);
  }

  private close(feed: Feed): void {
    for (const [id, f] of this.feeds) {
      if (f !== feed) continue;
      this.feeds.delete(id);
      this.at.core.closeTopic(this.at.link, id);
    }
  }
}
