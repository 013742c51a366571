/**
 * The media timeline of one call: actions fire with the frame of their member's video that was captured when they were made.
 *
 * An action is made by mark, travels as an act signal over the server, which decides whether it may, and fires when the page has heard of it and the frame is shown. Meanwhile every frame tells its
 * instant in a trailer. This class joins the browser's ends; what fires when is for the director to decide, which is pure.
 */
import { alarm } from "../../client/alarm.ts";
import { Listeners } from "../../client/listeners.ts";
import { Director } from "./director.ts";
import { type FromWorker, pageNow } from "./ends.ts";
import type { Event, Fired } from "./events.ts";
import { Heard } from "./heard.ts";
import { Log } from "./log.ts";
import type { Act, ActionEvent, Mark, Moment, Outcome } from "./moment.ts";
import { ReceiverEnd } from "./receiver.ts";
import { SenderEnd } from "./sender.ts";
import { Transforms } from "./transforms.ts";

export type { Act, ActionEvent, Mark, Method, Moment, Outcome } from "./moment.ts";

export interface TimelineOptions {
  /** The server's time in ms, as a session's clock tells it. */
  clock: { now(): number };
  /** Makes the worker that runs timeline/worker.ts, when the first sender or receiver is attached. Without it, or where the browser has no encoded transforms, the other methods serve. */
  worker?: () => Worker;
  /** An action that is heard of later than so many ms after it was made does not fire: "late" listeners hear of it. 10 s by default. */
  tooLate?: number;
}

export interface TimelineEvents {
  action: (e: ActionEvent) => void;
  late: (act: Act) => void;
}

/** Ends are looked after this often, in ms. */
const lookEvery = 500;

export class Timeline {
  /** The id of this page's own member: its actions fire when the server has let them through. attachSender sets it. */
  me = "";
  private readonly director = new Director();
  private readonly events = new Log(this.director);
  private readonly known = new Heard();
  private readonly actions = new Listeners<[ActionEvent]>();
  private readonly lates = new Listeners<[Act]>();
  private readonly alarm = alarm();
  private readonly transforms: Transforms;
  private readonly waiting = new Map<number, (f: Fired) => void>();
  private readonly senders = new Map<RTCRtpSender, SenderEnd>();
  private readonly receivers = new Map<RTCRtpReceiver, ReceiverEnd>();
  private readonly streams = new Map<number, number>(); // by the number of the transform that they come out of
  private last = 0;
  private made = 0;
  private woken = Infinity;
  private wakes: (() => void) | undefined;
  private closed = false;

  constructor(private readonly o: TimelineOptions) {
    this.transforms = new Transforms(o.worker, (m) => this.fromWorker(m));
    document.addEventListener("visibilitychange", this.visibility);
    this.visibility();
    this.look();
  }

  /** attachSender marks what a sender sends. Call it in the task that made the sender (addTransceiver, addTrack), before any await. source: "camera" or "screen". */
  attachSender(sender: RTCRtpSender, member: string, source = "camera"): void {
    this.me = member;
    this.detach(sender);
    const n = this.transforms.send(sender);
    if (n !== undefined) this.senders.set(sender, new SenderEnd(n, sender, source, this.transforms.post));
  }

  /**
   * captured is for pages that make the pictures of a sender's track themselves, by a canvas or a MediaStreamTrackGenerator: it tells, of each before the track gets it, when what it shows was captured, in
   * ms by performance.now(): now where it is painted, the camera's captureTime where it is worked on. Without it the page's own delay is not known.
   */
  captured(sender: RTCRtpSender, at = performance.now()): void {
    this.senders.get(sender)?.captured(performance.timeOrigin + at, pageNow());
  }

  /**
   * attachReceiver reads the marks of a member's video. Call it in the task of ontrack or addTransceiver, before any await; again when the receiver's stream becomes another's. video: the element
   * that shows it now, if any. Attach microphones too (source "mic"): their delay serves where there is no video.
   */
  attachReceiver(receiver: RTCRtpReceiver, member: string, source: string, video: () => HTMLVideoElement | null | undefined): void {
    this.detach(receiver);
    const n = receiver.track.kind === "video" ? this.transforms.receive(receiver) : undefined, s = ++this.last;
    if (n !== undefined) this.streams.set(n, s);
    this.take({ e: "stream", now: pageNow(), s, member, source, reads: n !== undefined });
    const end = new ReceiverEnd(s, receiver, video, () => this.waiting.size > 0, (e) => this.take(e));
    this.receivers.set(receiver, end);
    end.look();
  }

  /** detach forgets a sender or receiver that is not used any more, or by another member. */
  detach(end: RTCRtpSender | RTCRtpReceiver): void {
    this.senders.get(end as RTCRtpSender)?.end();
    this.senders.delete(end as RTCRtpSender);
    const receiver = this.receivers.get(end as RTCRtpReceiver);
    if (!receiver) return;
    receiver.end();
    this.receivers.delete(end as RTCRtpReceiver);
    this.take({ e: "gone", now: pageNow(), s: receiver.s });
  }

  /** mark makes an action now. Its fields belong into the signal: {t: "act", ...mark, value}. */
  mark(): Mark {
    const now = pageNow(), at = Math.round(this.o.clock.now() * 1000), action = ++this.made;
    const instants = [...this.senders.values()].map((s) => ({ source: s.source, rtp: s.mark(action, now) }));
    const rtp = instants.find((i) => i.source === "camera")?.rtp;
    return { action, at, ...(rtp !== undefined && { rtp }) };
  }

  /** heard takes an act signal that the server has passed on: its action fires, once, however often the signal comes. */
  heard(act: Act): void {
    if (this.closed || !this.known.first(act.member, act.action)) return;
    const now = pageNow(), at = this.toPage(act.at), mine = act.member === this.me;
    if (now - at > (this.o.tooLate ?? 10_000)) return this.lates.tell(act);
    const fire = (f: Fired): void => this.actions.tell({ ...act, outcome: outcome(f) });
    this.want({ e: "want", now, id: ++this.last, member: act.member, action: act.action, at, ...(mine && { mine }), ...(act.rtp !== undefined && { rtp: act.rtp }) }, fire);
  }

  /**
   * when calls back once: with the moment's frame, or at the deadline (µs, the server's clock). Without a deadline that is the delay measured so far, and a second, or 2 s after the moment. What it returns
   * cancels it. A moment that has passed within the last 60 s calls back at once. Whether an action may happen is for the caller to know.
   */
  when(moment: Moment, deadline: number | undefined, callback: (outcome: Outcome) => void): () => void {
    const now = pageNow(), id = ++this.last, mine = moment.member === this.me;
    const due = deadline === undefined ? undefined : this.toPage(deadline);
    const want: Event & { e: "want" } = { e: "want", now, id, member: moment.member, action: moment.action, at: this.toPage(moment.at), ...(mine && { mine }), ...(due !== undefined && { deadline: due }) };
    this.want(want, (f) => callback(outcome(f)));
    return () => {
      if (this.waiting.delete(id)) this.take({ e: "cancel", now: pageNow(), id });
    };
  }

  /** on hears of actions as they fire, or of those that came too late, and returns what removes the listener. */
  on<E extends keyof TimelineEvents>(event: E, listener: TimelineEvents[E]): () => void {
    return event === "action" ? this.actions.add(listener as TimelineEvents["action"]) : this.lates.add(listener as TimelineEvents["late"]);
  }

  /** log is what the timeline has heard and decided of late, a line of JSON for each event; replay of log.ts makes the same decisions of it. */
  log(): string {
    return this.events.text();
  }

  /** close ends the worker and forgets everything. What waits is not called back. */
  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.visibility);
    this.waiting.clear();
    for (const end of [...this.senders.keys(), ...this.receivers.keys()]) this.detach(end);
    this.alarm.end();
    this.transforms.end();
  }

  private want(e: Event & { e: "want" }, fire: (f: Fired) => void): void {
    this.waiting.set(e.id, fire);
    this.take(e);
  }

  /** take hands an event to the director, and does what it says. */
  private take(e: Event): void {
    if (this.closed) return;
    for (const f of this.events.take(e)) {
      const fire = this.waiting.get(f.id);
      this.waiting.delete(f.id);
      try {
        fire?.(f);
      } catch (e) {
        queueMicrotask(() => { throw e; }); // the page's error, which keeps the others from nothing
      }
    }
    this.schedule();
  }

  private schedule(): void {
    const now = pageNow(), wake = this.director.wake(now);
    if (wake === this.woken) return;
    this.woken = wake;
    this.wakes?.();
    this.wakes = wake === Infinity ? undefined : this.alarm.after(Math.max(0, wake - now), () => this.tick());
  }

  private tick(): void {
    this.woken = NaN;
    this.take({ e: "tick", now: pageNow() });
  }

  private fromWorker(m: FromWorker): void {
    if (m.t === "sent") return [...this.senders.values()].find((s) => s.s === m.s)?.sent(m.rtp, m.now);
    const s = this.streams.get(m.s);
    if (s !== undefined) this.take({ e: "trailer", now: pageNow(), s, seen: m.now, rtp: m.rtp, counter: m.counter, marks: m.marks });
  }

  private readonly visibility = (): void => this.take({ e: "hidden", now: pageNow(), hidden: document.hidden });

  private look(): void {
    for (const r of this.receivers.values()) r.look();
    if (!this.closed) this.alarm.after(lookEvery, () => this.look());
  }

  /** toPage is an instant of the server's clock, in µs, by the page's, in ms. */
  private toPage(at: number): number {
    return pageNow() + at / 1000 - this.o.clock.now();
  }
}

function outcome({ method, error }: Fired): Outcome {
  return { method, error_ms: error };
}
