/** A page that calls itself: one sender, two receivers, peer to peer, and acts that come over an in-page line, as the server would pass them on. */
import { Timeline } from "../timeline.ts";
import type { ActionEvent } from "../moment.ts";
import { Scene, Watcher } from "../testkit/scene.ts";
import { replay } from "../log.ts";

declare const WORKER_URL: string;

export interface Case {
  actions: number;
  receivers: number;
  pause: number;
  /** ms that acts take. */
  line: number;
  /** What is taken away from the receivers: their transforms, what rVFC tells of timestamps, what getSynchronizationSources tells. */
  without?: ("transforms" | "timestamps" | "sources")[];
  /** Where the receivers' jitter buffer aims, ms. */
  buffer?: number;
  /** The browser captures the canvas, and nobody tells when. */
  plain?: boolean;
}

export interface Sample {
  method: string;
  told: number | undefined;
  /** ms from the first picture with the mark until the action fired. */
  error: number | null;
}

export interface Played {
  samples: Sample[];
  /** The receivers' logs replay to what happened. */
  replayed: boolean;
}

const clock = { now: (): number => performance.timeOrigin + performance.now() };
const worker = (): Worker => new Worker(WORKER_URL, { type: "module" });
const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));

/** connect has two peers find each other, with VP8. */
async function connect(a: RTCPeerConnection, b: RTCPeerConnection): Promise<void> {
  a.onicecandidate = (e) => void b.addIceCandidate(e.candidate ?? undefined);
  b.onicecandidate = (e) => void a.addIceCandidate(e.candidate ?? undefined);
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription!);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription!);
}

class Receiver {
  readonly timeline: Timeline;
  readonly video = document.createElement("video");
  watcher!: Watcher;
  readonly fired = new Map<number, { at: number; event: ActionEvent }>();

  constructor(pc: RTCPeerConnection, c: Case) {
    this.timeline = new Timeline({ clock, ...(!c.without?.includes("transforms") && { worker }) });
    Object.assign(this.video, { muted: true, autoplay: true, width: 320 });
    document.body.append(this.video);
    this.timeline.on("action", (event) => this.fired.set(event.action, { at: performance.now(), event }));
    pc.ontrack = ({ receiver, track }) => {
      if (c.without?.includes("sources")) receiver.getSynchronizationSources = () => [];
      if (c.buffer !== undefined) receiver.jitterBufferTarget = c.buffer;
      this.timeline.attachReceiver(receiver, "alice", "camera", () => this.video);
      this.video.srcObject = new MediaStream([track]);
      this.watcher = new Watcher(this.video); // its callbacks come after the timeline's
    };
  }

  samples(actions: number[]): Sample[] {
    return actions.map((n): Sample => {
      const fired = this.fired.get(n), shown = this.watcher.shown.get(n);
      return { method: fired?.event.outcome.method ?? "", told: fired?.event.outcome.error_ms, error: fired && shown !== undefined ? fired.at - shown : null };
    });
  }
}

/** Where no picture came for so long, ms, the machine did something else: actions may fire by less than their frame then, and others are made instead. */
const still = 500;

/** run makes actions, and returns how each fired at each receiver. */
async function run(c: Case): Promise<Played> {
  if (c.without?.includes("timestamps")) hideTimestamps();
  const scene = new Scene(), sender = new Timeline({ clock, worker });
  const receivers: Receiver[] = [], senders: RTCRtpSender[] = [];
  scene.oncapture = () => senders.forEach((s) => sender.captured(s));
  for (let i = 0; i < c.receivers; i++) {
    const a = new RTCPeerConnection(), b = new RTCPeerConnection();
    receivers.push(new Receiver(b, c));
    const t = a.addTransceiver(c.plain ? scene.plainTrack() : scene.track(), { direction: "sendonly" });
    sender.attachSender(t.sender, "alice");
    if (!c.plain) senders.push(t.sender);
    t.setCodecPreferences?.(RTCRtpSender.getCapabilities("video")!.codecs.filter((k) => k.mimeType === "video/VP8"));
    await connect(a, b);
  }
  while (receivers.some((r) => !(r.watcher?.pictures >= 30))) await sleep(50);
  const ran: number[] = []; // actions during which the videos ran
  for (let n = 1; ran.length < c.actions && n <= 5 * c.actions; n++) {
    await sleep(c.pause * (0.5 + Math.random()));
    const made = performance.now();
    scene.show(n);
    const act = { member: "alice", ...sender.mark() };
    for (const r of receivers) setTimeout(() => r.timeline.heard(act), c.line);
    while (receivers.some((r) => !r.fired.has(n)) && performance.now() < made + 5000) await sleep(5);
    if (receivers.every((r) => r.watcher.stood(made - still) < still)) ran.push(n);
  }
  await sleep(200);
  const replayed = receivers.every((r) => {
    const { now, then } = replay(r.timeline.log());
    return then.length >= c.actions && JSON.stringify(now) === JSON.stringify(then);
  });
  return { samples: receivers.flatMap((r) => r.samples(ran)), replayed };
}

function hideTimestamps(): void {
  const proto = HTMLVideoElement.prototype, real = proto.requestVideoFrameCallback;
  proto.requestVideoFrameCallback = function (f) {
    return real.call(this, (now, { rtpTimestamp: _, ...meta }) => f(now, meta));
  };
}

Object.assign(window, { run, ready: true });
