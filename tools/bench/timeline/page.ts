/**
 * The page of the bench timeline: three people in one call of a real server. Alice's camera is a painted scene whose marks change with her actions; bob and carol watch. Everything of the call is what
 * /wab/ serves. The page lends it a camera, and sends its packets to another port, behind which the network is as bad as the bench wants it.
 */
import { Scene, Watcher } from "../../../web/call/timeline/testkit/scene.ts";

interface Timeline {
  captured(sender: RTCRtpSender, at?: number): void;
  heard(act: { member: string; action: number; at: number }): void;
}

interface Call {
  readonly state: string;
  readonly me: string;
  readonly timeline: Timeline;
  video: () => HTMLVideoElement | undefined;
  on(event: string, f: (...args: never[]) => void): () => void;
  camera(on: boolean): Promise<void>;
  act(value: unknown): Promise<{ action: number; at: number }>;
}

interface Fired {
  readonly action: number;
  readonly outcome: { method: string; error_ms: number | undefined };
}

/** Sample is one action at one receiver, ms of the page's clock. Absent: it was not seen. */
export interface Sample {
  at: number;
  heard?: number;
  shown?: number;
  fired?: number;
  method?: string;
}

/** Settings come from the bench, by the page's address: the port to send to, and whether the browser is to capture the scene by itself. */
const settings = new URLSearchParams(location.search);
const port = settings.get("port");
const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));

/** Detour sends media through the bench's proxy, and by UDP only. */
class Detour extends RTCPeerConnection {
  static readonly all: Detour[] = [];

  constructor(config?: RTCConfiguration) {
    super({ ...config, iceServers: [] });
    Detour.all.push(this);
  }

  override setRemoteDescription(d: RTCSessionDescriptionInit): Promise<void> {
    const lines = (d.sdp ?? "").split("\r\n").filter((l) => !/^a=candidate:\S+ \d+ tcp /i.test(l));
    return super.setRemoteDescription({ type: d.type, sdp: lines.map((l) => l.replace(/^(a=candidate:\S+ \d+ udp \d+ )\S+ \d+/i, `$1127.0.0.1 ${port}`)).join("\r\n") });
  }
}

const scene = new Scene();

/** lend gives the page's scene for a camera. Firefox uses no address of this machine's own unless a camera is on: a fake one is, then. */
async function lend(): Promise<void> {
  if (!("MediaStreamTrackGenerator" in window)) await navigator.mediaDevices.getUserMedia({ video: true });
  window.RTCPeerConnection = Detour as unknown as typeof RTCPeerConnection;
  navigator.mediaDevices.getUserMedia = () => Promise.resolve(new MediaStream([settings.has("plain") ? scene.plainTrack() : scene.track()]));
}

async function until(what: string, ready: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !ready(); await sleep(20)) if (performance.now() > end) throw new Error(`${what} did not come`);
}

/** Watching is bob or carol. */
class Watching {
  readonly video = document.createElement("video");
  readonly heard = new Map<number, number>();
  readonly fired = new Map<number, { at: number; event: Fired }>();
  receiver: RTCRtpReceiver | undefined;
  watcher: Watcher | undefined;

  constructor(readonly call: Call) {
    Object.assign(this.video, { muted: true, autoplay: true, width: 320 });
    document.body.append(this.video);
    call.video = () => this.video;
    call.on("stream", (({ track, receiver }: { track: MediaStreamTrack; receiver: RTCRtpReceiver }, there: boolean) => there && this.show(track, receiver)) as never);
    call.on("action", ((event: Fired) => this.fired.set(event.action, { at: performance.now(), event })) as never);
    const heard = call.timeline.heard.bind(call.timeline);
    call.timeline.heard = (act) => {
      if (!this.heard.has(act.action)) this.heard.set(act.action, performance.now());
      heard(act);
    };
  }

  private show(track: MediaStreamTrack, receiver: RTCRtpReceiver): void {
    this.receiver = receiver;
    this.video.srcObject = new MediaStream([track]);
    setTimeout(() => (this.watcher = new Watcher(this.video)), 1000); // its callbacks come after the timeline's
  }
}

let alice: Call;
const watching: Watching[] = [];
let made = 0;

/** join has all three come in, and waits until bob and carol see alice. */
async function join(): Promise<void> {
  await lend();
  const { connect, signIn } = await load("/wab/wab.js"), { joinCall } = await load("/wab/call.js");
  const enter = async (owner: string): Promise<Call> => {
    await signIn.guest(owner);
    const ca = await connect({ app: "meet", ca: "alice/standup", owner, session: owner });
    if (owner === "alice") await ca.Open(["bob", "carol"]);
    const call: Call = joinCall(ca, "room");
    await ca.clock.synchronised;
    await until(`${owner}'s call`, () => call.state === "live");
    return call;
  };
  alice = await enter("alice");
  for (const owner of ["bob", "carol"]) watching.push(new Watching(await enter(owner)));
  await alice.camera(true);
  const sender = (): RTCRtpSender | undefined => Detour.all[0]!.getSenders().find((s) => s.track?.kind === "video");
  scene.oncapture = (at) => sender() && alice.timeline.captured(sender()!, at);
  await until("the picture", () => watching.every((w) => (w.watcher?.pictures ?? 0) > 30));
}

/** load is a module of the server's. */
const load = (path: string): Promise<any> => import(path);

/** buffer has the receivers hold pictures back, by so many ms. */
function buffer(ms: number): void {
  for (const { receiver } of watching) if (receiver) receiver.jitterBufferTarget = ms || null;
}

/** measure has alice make actions, and tells what became of each at bob's and at carol's. */
async function measure(actions: number, pause: number): Promise<Sample[][]> {
  const instants = new Map<number, number>();
  for (let n = 0; n < actions; n++) {
    await sleep(pause * (0.5 + Math.random()));
    scene.show(++made);
    instants.set(made, performance.now());
    await alice.act("mark");
  }
  const end = performance.now() + 6000;
  const complete = (w: Watching): boolean => [...instants.keys()].every((n) => w.fired.has(n) && w.watcher!.shown.has(n));
  while (!watching.every(complete) && performance.now() < end) await sleep(50);
  return watching.map((w) => [...instants].map(([n, at]) => sample(w, n, at)));
}

function sample(w: Watching, n: number, at: number): Sample {
  const fired = w.fired.get(n), heard = w.heard.get(n), shown = w.watcher!.shown.get(n);
  return { at, ...(heard !== undefined && { heard }), ...(shown !== undefined && { shown }), ...(fired && { fired: fired.at, method: fired.event.outcome.method }) };
}

Object.assign(window, { bench: { join, buffer, measure }, ready: true });
