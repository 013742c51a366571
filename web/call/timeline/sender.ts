/** A sender of one's own: knows when its frames were captured, and has actions marked in them. */
import { pageNow, type ToWorker } from "./ends.ts";
import { Shutter } from "./shutter.ts";

/** The track's pictures are looked at for so many, and again after so long, in ms: clocks of cameras drift. */
const looks = 90, again = 30_000;

export class SenderEnd {
  private readonly shutter = new Shutter();
  private look: Look | undefined;

  constructor(readonly s: number, private readonly sender: RTCRtpSender, readonly source: string, private readonly post: (m: ToWorker) => void) {}

  /** sent hears of a frame that came out of the encoder. */
  sent(rtp: number, at: number): void {
    this.shutter.frame(rtp, at);
    const track = this.sender.track;
    if (this.shutter.painted || !track || (this.look?.track === track && at - this.look.begun < again)) return;
    this.look?.end();
    this.look = new Look(track, at, (captured) => this.shutter.captured(captured));
  }

  /** captured is told by a page that makes the pictures of the track itself. */
  captured(at: number, ready: number): void {
    this.shutter.painted = true;
    this.shutter.captured(at, ready);
  }

  /** mark has an action of now marked, and says at which timestamp. */
  mark(action: number, at: number): number | undefined {
    const rtp = this.shutter.rtp(at);
    this.post({ t: "mark", s: this.s, action, rtp });
    return rtp;
  }

  end(): void {
    this.look?.end();
    this.post({ t: "gone", s: this.s });
  }
}

/** Look learns from an element that nobody sees when the pictures of a track are captured, where the browser tells. */
class Look {
  private readonly video = document.createElement("video");

  constructor(readonly track: MediaStreamTrack, readonly begun: number, private readonly captured: (at: number) => void) {
    if (!this.video.requestVideoFrameCallback) return;
    this.video.muted = true;
    this.video.srcObject = new MediaStream([track]);
    this.video.play().catch(() => {}); // ended before it began
    this.next(0);
  }

  end(): void {
    this.video.srcObject = null;
  }

  private next(n: number): void {
    this.video.requestVideoFrameCallback((_, { captureTime }) => {
      if (captureTime !== undefined) this.captured(performance.timeOrigin + captureTime);
      if (n < looks && (captureTime !== undefined || n < 5) && pageNow() - this.begun < again) this.next(n + 1);
      else this.end();
    });
  }
}
