/** One call: a room, who is in it, and what we show and say there. */
import { Listeners } from "../client/listeners.ts";
import type { Value } from "../client/cbor.ts";
import { WabError } from "../client/error.ts";
import { Fault, forbidden } from "./fault.ts";
import type { Incoming } from "./inputs.ts";
import type { Lines, Reason } from "./line.ts";
import { type Devices, Local, remember } from "./local.ts";
import { Peer, type PeerOptions, type PeerState } from "./peer.ts";
import type { FromServer, Hello, Mode, Opened, Person, Right, Source } from "./signal.ts";
import type { ActionEvent, Moment } from "./timeline/moment.ts";
import { Timeline, type TimelineOptions } from "./timeline/timeline.ts";

/** CallState: refused: we may not be here, and why; ended: we left, or the room was closed. */
export type CallState = "connecting" | "live" | "reconnecting" | "refused" | "ended";

/** LocalSource is something of ours that the room gets. */
export interface LocalSource {
  readonly source: Source;
  readonly track: MediaStreamTrack;
}

/** DeviceAction is an action for a device: its command is given with the moment. */
export interface DeviceAction {
  readonly device: string;
  readonly command: string;
  readonly args?: readonly unknown[];
}

export interface CallEvents {
  state: (state: CallState, reason?: Reason) => void;
  people: (people: readonly Person[]) => void;
  joined: (person: Person) => void;
  left: (person: Person) => void;
  /** A stream of somebody's came or went. */
  stream: (incoming: Incoming, there: boolean) => void;
  /** What we send has changed. */
  local: () => void;
  mode: (mode: Mode) => void;
  may: (may: ReadonlySet<Right>) => void;
  levels: (levels: ReadonlyMap<string, number>, active: string) => void;
  /** An action has fired with its frame. */
  action: (event: ActionEvent) => void;
  /** Something of ours can't be shown or done. */
  fault: (fault: Fault | Reason) => void;
}

export interface CallOptions {
  /** How we want to be called. */
  readonly name?: string;
  /** Only look on: nothing of ours is ever asked for. */
  readonly watch?: boolean;
  readonly clock: { now(): number };
  /** Gives a device its command; without it devices can't be acted on. */
  readonly deviceDo?: (action: DeviceAction, moment: Moment) => Promise<unknown>;
  readonly timeline?: Omit<TimelineOptions, "clock">;
  readonly connect?: PeerOptions["connect"];
  readonly timers?: PeerOptions["timers"];
  readonly local?: Local;
}

type Handlers = { [E in keyof CallEvents]: Listeners<Parameters<CallEvents[E]>> };

/** These codes mean that the room is not there (any more): everything else that ends a call is a refusal. */
const overCodes = new Set(["not_found", "unavailable", ""]);

export class Call {
  state: CallState = "connecting";
  reason: Reason | undefined;
  people: readonly Person[] = [];
  mode: Mode = "gallery";
  may: ReadonlySet<Right> = new Set();
  me = "";
  readonly timeline: Timeline;
  readonly streams = new Map<string, Incoming>(); // by member/source
  private readonly own = new Map<Source, MediaStreamTrack>();
  private readonly wanted = new Set<Source>(); // what is on, or being switched on
  private readonly peer: Peer;
  private readonly local: Local;
  private readonly handlers: Handlers = {
    state: new Listeners(), people: new Listeners(), joined: new Listeners(), left: new Listeners(), stream: new Listeners(), local: new Listeners(),
    mode: new Listeners(), may: new Listeners(), levels: new Listeners(), action: new Listeners(), fault: new Listeners(),
  };

  constructor(lines: Lines, readonly room: string, private readonly o: CallOptions) {
    this.local = o.local ?? new Local();
    this.timeline = new Timeline({ clock: o.clock, ...o.timeline });
    this.timeline.on("action", (e) => this.handlers.action.tell(e));
    const hello: Hello = { name: o.name ?? "", watch: o.watch ?? false };
    this.peer = new Peer({
      lines, hello, connect: o.connect ?? ((config) => new RTCPeerConnection(config)), ...(o.timers && { timers: o.timers }),
      events: {
        state: (state, reason) => this.turn(state, reason),
        opened: (opened) => this.opened(opened),
        signal: (signal) => this.hear(signal),
        refused: (reason, offer) => this.refused(reason, offer),
        sending: (sender, source) => (source === "camera" || source === "screen") && this.timeline.attachSender(sender, this.me, source),
        came: (incoming) => this.came(incoming),
        went: (incoming) => this.went(incoming),
      },
    });
  }

  /** on registers a listener and returns what removes it. A "state" listener hears the present state first. */
  on<E extends keyof CallEvents>(event: E, listener: CallEvents[E]): () => void {
    const off = (this.handlers[event] as Listeners<never>).add(listener as never);
    if (event === "state") (listener as CallEvents["state"])(this.state, this.reason);
    return off;
  }

  /** videos are asked for the element that shows a member's video, by member and source. The layer sets it. */
  video: (member: string, source: Source) => HTMLVideoElement | null | undefined = () => undefined;

  /** track is what we send of a source; undefined while it is off. */
  track(source: Source): MediaStreamTrack | undefined {
    return this.own.get(source);
  }

  /** sending lists what of ours the room gets. */
  get sending(): LocalSource[] {
    return [...this.own].map(([source, track]) => ({ source, track }));
  }

  /** isOn tells whether a source of ours is on, or about to be. */
  isOn(source: Source): boolean {
    return this.wanted.has(source);
  }

  /** camera switches the camera on or off. It rejects with a Fault where there is none to be had. */
  camera(on: boolean): Promise<void> { return this.turnSource("camera", on); }

  /** mic switches the microphone on or off. It rejects with a Fault where there is none to be had. */
  mic(on: boolean): Promise<void> { return this.turnSource("mic", on); }

  /** start switches several on with one question to the person. Faults are told as "fault" events: the call goes on without. */
  async start(wanted: readonly ("camera" | "mic")[]): Promise<void> {
    const both = wanted.length > 1 && this.may.has("publish") && !wanted.some((s) => this.isOn(s));
    if (both && (await this.startBoth())) return;
    for (const source of wanted) await this.turnSource(source, true).catch((fault: Fault) => this.handlers.fault.tell(fault));
  }

  /** screen asks what to share, or ends that. */
  async screen(on: boolean): Promise<void> {
    if (on === this.isOn("screen")) return;
    if (!on) return this.endScreen();
    if (!this.may.has("share")) throw forbidden("screen");
    this.wanted.add("screen");
    this.handlers.local.tell();
    try {
      const { video, audio } = await this.local.screen();
      video.addEventListener("ended", () => this.endScreen()); // by the browser's own button
      await this.put("screen", video);
      if (audio) await this.put("screen-audio", audio);
    } catch (error) {
      this.endScreen();
      throw error;
    }
  }

  /** choose takes another camera or microphone, now and in future calls on this computer. */
  async choose(source: "camera" | "mic", deviceId: string): Promise<void> {
    remember(source, deviceId);
    if (!this.own.has(source)) return;
    this.own.get(source)?.stop();
    await this.begin(source, deviceId);
  }

  devices(): Promise<Devices> { return this.local.devices(); }

  /** onDevices hears when a device is plugged in or out. */
  onDevices(changed: () => void): () => void { return this.local.watch(changed); }

  /**
   * act makes an action now: it fires in everybody's page, ours too, with the frame that our camera takes at this instant. One for a device is given to it
   * with the moment. It gives the moment, and rejects with a WabError when nobody can hear of it.
   */
  async act(value: unknown): Promise<Moment> {
    if (!this.may.has("act")) throw new WabError("not_allowed", "The host hasn’t allowed you to act here.");
    const mark = this.timeline.mark();
    const moment: Moment = { room: this.room, member: this.me, action: mark.action, at: mark.at };
    if (!this.peer.sendTwice({ t: "act", ...mark, value: value as Value })) throw new WabError("unavailable", "You are not connected. Try again in a moment.");
    if (isDeviceAction(value)) await this.o.deviceDo?.(value, moment);
    return moment;
  }

  /** report tells those who listen of a fault that whoever has switched a source on was told by a rejection. */
  report(fault: Fault): void { this.handlers.fault.tell(fault); }

  /** view tells which streams are not shown, as member/source: they need not be sent to us. */
  view(hidden: string[]): void {
    this.peer.send({ t: "view", hidden });
  }

  /** stats are those of the connection, undefined while there is none. */
  stats(): Promise<RTCStatsReport | undefined> { return this.peer.stats(); }

  /** close leaves the room. Cameras and microphones are switched off. */
  close(): void {
    this.peer.close();
  }

  private async turnSource(source: "camera" | "mic", on: boolean): Promise<void> {
    if (on === this.isOn(source)) return;
    if (!on) return this.off(source);
    if (!this.may.has("publish")) throw forbidden(source);
    await this.begin(source);
  }

  private async startBoth(): Promise<boolean> {
    for (const s of ["camera", "mic"] as const) this.wanted.add(s);
    this.handlers.local.tell();
    const tracks = await this.local.both().catch(() => undefined);
    for (const s of ["camera", "mic"] as const) {
      const wanted = this.wanted.delete(s);
      if (!tracks) continue;
      if (wanted && !this.over) await this.take(s, tracks[s]);
      else tracks[s].stop();
    }
    this.handlers.local.tell();
    return tracks !== undefined;
  }

  private async take(source: "camera" | "mic", track: MediaStreamTrack): Promise<void> {
    track.addEventListener("ended", () => this.own.get(source) === track && this.lost(source)); // unplugged
    await this.put(source, track);
  }

  private async begin(source: "camera" | "mic", deviceId?: string): Promise<void> {
    this.wanted.add(source);
    this.handlers.local.tell();
    try {
      const track = await this.local.capture(source, deviceId);
      if (!this.wanted.has(source) || this.over) return track.stop(); // switched off meanwhile
      await this.take(source, track);
    } catch (error) {
      await this.off(source);
      throw error;
    }
  }

  private async put(source: Source, track: MediaStreamTrack): Promise<void> {
    this.own.set(source, track);
    this.wanted.add(source);
    await this.peer.outputs.send(source, track);
    this.peer.changed();
    this.tellOff();
    this.handlers.local.tell();
  }

  /** off keeps the line, so that switching on again takes no time. */
  private async off(source: "camera" | "mic"): Promise<void> {
    this.wanted.delete(source);
    this.drop(source);
    const paused = this.peer.outputs.pause(source);
    this.tellOff();
    this.handlers.local.tell();
    await paused;
  }

  private endScreen(): void {
    for (const source of ["screen", "screen-audio"] as const) {
      this.wanted.delete(source);
      this.drop(source);
      void this.peer.outputs.pause(source);
    }
    this.tellOff();
    this.handlers.local.tell();
  }

  private lost(source: "camera" | "mic"): void {
    void this.off(source);
    this.handlers.fault.tell(new Fault(source, "missing", `Your ${source === "camera" ? "camera" : "microphone"} is gone. Plug it in again, or choose another under Devices.`));
  }

  private drop(source: Source): void {
    this.own.get(source)?.stop();
    this.own.delete(source);
  }

  /** tellOff tells which of our lines carry nothing for now. */
  private tellOff(): void {
    this.peer.send({ t: "state", off: this.peer.outputs.paused });
  }

  private get over(): boolean {
    return this.state === "ended" || this.state === "refused";
  }

  private turn(state: PeerState, reason?: Reason): void {
    this.state = state === "ended" ? (overCodes.has(reason?.code ?? "") ? "ended" : "refused") : state;
    this.reason = reason;
    if (this.over) this.silence();
    this.handlers.state.tell(this.state, reason);
  }

  /** refused gives up what the room doesn't take from us. */
  private refused(reason: Reason, offer: boolean): void {
    for (const source of offer ? this.peer.outputs.withdraw() : []) {
      this.wanted.delete(source);
      this.drop(source);
    }
    this.handlers.local.tell();
    this.handlers.fault.tell(reason);
  }

  private silence(): void {
    for (const source of [...this.own.keys()]) this.drop(source);
    this.wanted.clear();
    this.people = [];
    this.timeline.close();
    this.handlers.local.tell();
  }

  private opened(o: Opened): void {
    this.me = this.timeline.me = o.me;
    this.turnMay(o.may);
    this.turnMode(o.mode);
    this.meet(o.people);
    this.tellOff();
  }

  private hear(signal: FromServer): void {
    switch (signal.t) {
      case "people": return this.meet(signal.people);
      case "levels": return this.handlers.levels.tell(new Map(signal.levels), signal.active);
      case "may": return this.turnMay(signal.may);
      case "mode": return this.turnMode(signal.mode);
      case "act": return this.timeline.heard(signal);
    }
  }

  private meet(people: readonly Person[]): void {
    const before = this.people;
    this.people = people;
    this.handlers.people.tell(people);
    for (const p of people) if (p.member !== this.me && !before.some((b) => b.member === p.member)) this.handlers.joined.tell(p);
    for (const p of before) if (p.member !== this.me && !people.some((b) => b.member === p.member)) this.handlers.left.tell(p);
  }

  private turnMode(mode: Mode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    this.handlers.mode.tell(mode);
  }

  /** turnMay takes up our rights. What we may show no longer is switched off. */
  private turnMay(may: readonly Right[]): void {
    this.may = new Set(may);
    if (!this.may.has("publish")) for (const s of ["camera", "mic"] as const) if (this.isOn(s)) void this.off(s);
    if (!this.may.has("share") && this.isOn("screen")) this.endScreen();
    this.handlers.may.tell(this.may);
  }

  private came(incoming: Incoming): void {
    const { member, source, receiver } = incoming;
    if (source !== "screen-audio") this.timeline.attachReceiver(receiver, member, source, () => this.video(member, source));
    this.streams.set(`${member}/${source}`, incoming);
    this.handlers.stream.tell(incoming, true);
  }

  private went(incoming: Incoming): void {
    this.timeline.detach(incoming.receiver);
    this.streams.delete(`${incoming.member}/${incoming.source}`);
    this.handlers.stream.tell(incoming, false);
  }
}

const isDeviceAction = (v: unknown): v is DeviceAction => typeof v === "object" && v !== null && typeof (v as DeviceAction).device === "string" && typeof (v as DeviceAction).command === "string";
