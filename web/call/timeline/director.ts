/**
 * The director cues actions: it hears of frames, pictures and signals, and says when which action fires, how it knows, and by how much it errs. It is pure: the same events make the same decisions,
 * so that a log can be replayed. Only what was wanted fires, once: trailers tell instants and make nothing happen.
 *
 * An action fires, whichever comes first:
 * 1. when a picture of one of the member's streams shows the frame that its trailer marks, or a later one;
 * 2. the same by the signal's timestamp, where the trailers of that stream don't tell;
 * 3. where no pictures are drawn: after the delay that they would have had, from the mark's arrival, or from the signal's where there are no marks;
 * 4. at the deadline.
 */
import type { Event, Fired } from "./events.ts";
import type { Method } from "./moment.ts";
import { blindAfter, draws, keep, lag, reached, type Seen, type Stream, stream, takePicture, takeTrailer, willTell } from "./stream.ts";

/** The deadline while no delay has been measured, ms after the action. */
export const unknownDelay = 2000;
/** What is added to the delay that was measured, in ms: a frozen picture goes on within that, mostly. */
export const margin = 1000;
const maxWants = 1000;
const behindSamples = 8;

type Want = Event & { e: "want" } & { deadline: number };

interface Verdict {
  readonly method: Method;
  readonly error?: number;
}

/** State is all that the director knows. */
export interface State {
  streams: { [s: number]: Stream };
  wants: Want[];
  hidden: boolean;
}

export class Director {
  constructor(private readonly state: State = { streams: {}, wants: [], hidden: false }) {}

  /** snapshot is a copy of all that is known: new Director(snapshot) goes on from here. */
  snapshot(): State {
    return structuredClone(this.state);
  }

  /** take hears an event, and says what fires now. */
  take(e: Event): Fired[] {
    this.learn(e);
    const fired = this.state.wants.flatMap((w) => this.judge(w, e.now));
    if (fired.length) this.state.wants = this.state.wants.filter((w) => !fired.some((f) => f.id === w.id));
    return fired;
  }

  /** wake is when something may fire though nothing is heard: then it wants a tick. Infinity: never. */
  wake(now: number): number {
    return Math.min(...this.state.wants.flatMap((w) => [w.deadline, ...this.streamsOf(w.member).flatMap((s) => this.dues(s, w).filter((t) => t > now))]), Infinity);
  }

  private learn(e: Event): void {
    const s = "s" in e ? this.state.streams[e.s] : undefined;
    switch (e.e) {
      case "stream": this.state.streams[e.s] = stream(e); return;
      case "gone": delete this.state.streams[e.s]; return;
      case "hidden": this.state.hidden = e.hidden; return;
      case "trailer": return s && takeTrailer(s, e);
      case "picture": return s && takePicture(s, e);
      case "delay": if (s) s.delay = e.ms; return;
      case "want": return this.want(e);
      case "cancel": this.state.wants = this.state.wants.filter((w) => w.id !== e.id);
    }
  }

  private want(e: Event & { e: "want" }): void {
    this.state.wants.push({ ...e, deadline: e.deadline ?? e.at + this.patience(e.member) });
    if (this.state.wants.length > maxWants) this.state.wants[0]!.deadline = e.now;
  }

  /** patience is how long after an action of a member its picture comes at the latest, as far as known. */
  private patience(member: string): number {
    const behind = this.streamsOf(member).flatMap((s) => s.behind);
    return behind.length ? Math.max(...behind) + margin : unknownDelay;
  }

  private judge(w: Want, now: number): Fired[] {
    const v = this.verdict(w, now);
    return v ? [{ id: w.id, member: w.member, action: w.action, now, ...v }] : [];
  }

  private verdict(w: Want, now: number): Verdict | undefined {
    if (w.mine) return { method: "local" };
    const streams = this.streamsOf(w.member);
    for (const s of streams) {
      const v = this.shown(s, w, now);
      if (v) return v;
    }
    return this.unseen(streams, w, now) ?? (now >= w.deadline ? { method: "deadline" } : undefined);
  }

  /** shown: a picture tells. */
  private shown(s: Stream, w: Want, now: number): Verdict | undefined {
    const m = s.marks[w.action];
    if (m) return this.showsMark(s, m, w, now);
    if (w.rtp === undefined || s.rtp === undefined || s.source !== "camera" || willTell(s, w.action, now)) return undefined;
    return reached(s.rtp, w.rtp) ? { method: "mapped" } : undefined;
  }

  private showsMark(s: Stream, m: Seen, w: Want, now: number): Verdict | undefined {
    if (m.shown === undefined) return undefined;
    keep(s.behind, m.shown - w.at, behindSamples);
    return s.sight === "callback" ? { method: "callback" } : { method: s.sight!, error: now - m.shown };
  }

  /** unseen: no stream of the member is being drawn. One without any has nothing to wait for. */
  private unseen(streams: Stream[], w: Want, now: number): Verdict | undefined {
    if (streams.some((s) => this.drawn(s, now))) return undefined;
    const marked = streams.filter((s) => s.marks[w.action]);
    if (!marked.length && streams.some((s) => willTell(s, w.action, now))) return undefined;
    const dues = (marked.length ? marked : streams).flatMap((s) => this.due(s, w) ?? []);
    return !streams.length || now >= Math.min(...dues, Infinity) ? { method: "delay" } : undefined;
  }

  private drawn(s: Stream, now: number): boolean {
    return s.source !== "mic" && !this.state.hidden && draws(s, now);
  }

  /** due is when an action would be shown, or heard, by the stream's delay. */
  private due(s: Stream, w: Want): number | undefined {
    const m = s.marks[w.action];
    if (m) return m.seen + lag(s);
    const known = s.lags.length > 0 || s.delay !== undefined;
    return known ? w.now + lag(s) : undefined;
  }

  /** dues are the instants at which the stream may make an action fire though nothing comes. */
  private dues(s: Stream, w: Want): number[] {
    return [this.due(s, w) ?? Infinity, (s.picture ?? s.since) + blindAfter];
  }

  private streamsOf(member: string): Stream[] {
    return Object.values(this.state.streams).filter((s) => s.member === member);
  }
}
