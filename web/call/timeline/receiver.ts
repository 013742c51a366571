/** A receiver of somebody's video or sound: tells the director of pictures, and of delays. */
import { pageNow } from "./ends.ts";
import type { Event, Sight } from "./events.ts";
import { since } from "./ticks.ts";

/** The delay is asked for this often, in ms. */
const askEvery = 2000;

type Told = (e: Event) => void;

export class ReceiverEnd {
  private element: HTMLVideoElement | undefined;
  private callback = 0;
  private asked = -Infinity;
  private totals: Totals | undefined;

  /** wanted tells whether something waits for a picture: only then it is worth while to look closely. */
  constructor(readonly s: number, private readonly receiver: RTCRtpReceiver, private readonly video: () => HTMLVideoElement | null | undefined, private readonly wanted: () => boolean, private readonly told: Told) {}

  /** look sees to it that the element is watched, whichever it is now, and that the delay is known. It is called now and then. */
  look(): void {
    const element = this.video() ?? undefined;
    if (element !== this.element) this.watch(element);
    if (pageNow() - this.asked > askEvery) void this.ask();
  }

  end(): void {
    this.watch(undefined);
  }

  private watch(element: HTMLVideoElement | undefined): void {
    this.element?.cancelVideoFrameCallback?.(this.callback);
    this.element = element;
    this.next();
  }

  private next(): void {
    if (!this.element?.requestVideoFrameCallback) return;
    this.callback = this.element.requestVideoFrameCallback((_, meta) => {
      this.next();
      if (this.mine()) this.told({ e: "picture", now: pageNow(), s: this.s, ...this.sight(meta.rtpTimestamp) });
    });
  }

  /** mine tells whether the element shows this receiver's track, and not another one's. */
  private mine(): boolean {
    const shown = this.element?.srcObject;
    return shown instanceof MediaStream && shown.getVideoTracks()[0] === this.receiver.track;
  }

  private sight(rtp: number | undefined): { sight: Sight; rtp?: number } {
    if (rtp !== undefined) return { sight: "frame", rtp: this.current(rtp) };
    const source = this.receiver.getSynchronizationSources?.()[0]?.rtpTimestamp;
    return source !== undefined ? { sight: "sources", rtp: source } : { sight: "callback" };
  }

  /** current is the timestamp of the picture that the element shows: on a busy page a callback may tell of the one before. */
  private current(told: number): number {
    if (!this.wanted() || typeof VideoFrame !== "function") return told;
    try {
      const frame = new VideoFrame(this.element!) as VideoFrame & { metadata?(): { rtpTimestamp?: number } };
      const rtp = frame.metadata?.().rtpTimestamp ?? told;
      frame.close();
      return since(rtp, told) > 0 ? rtp : told;
    } catch {
      return told; // it has no picture yet
    }
  }

  private async ask(): Promise<void> {
    this.asked = pageNow();
    const report = await this.receiver.getStats().catch(() => undefined);
    report?.forEach((r: Inbound) => {
      if (r.type === "inbound-rtp") this.reckon(r);
    });
  }

  private reckon(r: Inbound): void {
    const sum = r.totalProcessingDelay ?? (r.jitterBufferDelay ?? 0) + (r.totalDecodeTime ?? 0);
    const of = r.totalProcessingDelay !== undefined ? (r.framesDecoded ?? 0) : (r.jitterBufferEmittedCount ?? 0);
    const before = this.totals ?? { sum: 0, of: 0 };
    this.totals = { sum, of };
    if (of > before.of) this.told({ e: "delay", now: pageNow(), s: this.s, ms: (1000 * (sum - before.sum)) / (of - before.of) });
  }
}

interface Totals {
  readonly sum: number;
  readonly of: number;
}

/** Inbound is what counts of inbound-rtp statistics; delays are sums in seconds. */
interface Inbound {
  readonly type: string;
  readonly jitterBufferDelay?: number;
  readonly jitterBufferEmittedCount?: number;
  readonly totalDecodeTime?: number;
  readonly totalProcessingDelay?: number;
  readonly framesDecoded?: number;
}
