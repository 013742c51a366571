/**
 * A scene with marks, for tests and benches: a canvas that shows a number which rises with each action, as blocks that survive any encoder, and a reader that finds the number in a received video.
 * What is measured with it does not depend on anything that the timeline says.
 */

const width = 640, height = 360, digits = 10, bits = 2 * digits, most = (1 << digits) - 1, band = 120;

/** Chromium's way from pictures with known instants to a track. */
declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  constructor(o: { kind: "video" });
  readonly writable: WritableStream<VideoFrame>;
}

/** Scene paints frames all the time, and the number of the newest action into each from when it is made. */
export class Scene {
  /** Hears of each frame before its track gets it, and when it was captured, unless the browser captures by itself. */
  oncapture: (at: number) => void = () => {};
  private readonly canvas = document.createElement("canvas");
  private readonly pen = this.canvas.getContext("2d", { alpha: false })!;
  private readonly out: WritableStreamDefaultWriter<VideoFrame>[] = [];
  private number = 0;
  private frames = 0;
  private last = 0;

  constructor(private readonly fps = 30) {
    Object.assign(this.canvas, { width, height });
    document.body.append(this.canvas);
    this.paint();
  }

  /** track is one that shows the scene. Its frames are captured when they are painted, where the browser can have it so. */
  track(): MediaStreamTrack {
    if (!("MediaStreamTrackGenerator" in window)) return this.plainTrack();
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    this.out.push(track.writable.getWriter());
    return track;
  }

  /** plainTrack leaves the capture to the browser, which does it some time after the painting. */
  plainTrack(): MediaStreamTrack {
    return this.canvas.captureStream(this.fps).getVideoTracks()[0]!;
  }

  /** show has the canvas bear a number from now on. */
  show(n: number): void {
    this.number = n;
    this.draw();
  }

  private readonly paint = (): void => {
    requestAnimationFrame(this.paint);
    this.draw();
    const now = performance.now();
    if (now - this.last < 1000 / this.fps - 5 || !this.out.length) return;
    this.last = now;
    this.oncapture(now);
    for (const out of this.out) void out.write(new VideoFrame(this.canvas, { timestamp: now * 1000 })).catch(() => {});
  };

  private draw(): void {
    const { pen } = this;
    pen.fillStyle = `hsl(${(this.frames++ * 3) % 360} 40% 50%)`;
    pen.fillRect(0, band, width, height);
    for (let i = 0; i < bits; i++) {
      pen.fillStyle = coded(this.number) >> i & 1 ? "#fff" : "#000";
      pen.fillRect((i * width) / bits, 0, width / bits, band);
    }
  }
}

/** coded is a number up to 1,023 and its complement: a blurred reading is not taken for another number. */
const coded = (n: number): number => (n & most) | ((~n & most) << digits);

/** read is the number that a picture bears; undefined where it can't be read. */
function read(pen: CanvasRenderingContext2D, video: HTMLVideoElement): number | undefined {
  if (!video.videoWidth) return undefined;
  pen.drawImage(video, 0, video.videoHeight * 0.1, video.videoWidth, video.videoHeight * 0.1, 0, 0, bits * 8, 8);
  const { data } = pen.getImageData(0, 4, bits * 8, 1);
  let code = 0;
  for (let i = 0; i < bits; i++) {
    const light = data[(i * 8 + 4) * 4]!;
    if (light > 96 && light < 160) return undefined;
    if (light > 128) code |= 1 << i;
  }
  const n = code & most;
  return code === coded(n) ? n : undefined;
}

/** Watcher notes when the first picture with each number was shown, ms by performance.now(). */
export class Watcher {
  readonly shown = new Map<number, number>();
  pictures = 0;
  private newest = 0;
  private readonly times: number[] = []; // of the last pictures
  private readonly pen: CanvasRenderingContext2D;

  constructor(private readonly video: HTMLVideoElement) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: bits * 8, height: 8 });
    this.pen = canvas.getContext("2d", { willReadFrequently: true })!;
    this.next();
  }

  /** stood is the longest time without a picture since an instant, in ms. */
  stood(since: number): number {
    const times = [since, ...this.times.filter((t) => t > since), performance.now()];
    return Math.max(...times.slice(1).map((t, i) => t - times[i]!));
  }

  private next(): void {
    this.video.requestVideoFrameCallback(() => {
      this.next();
      this.pictures++;
      const now = performance.now(), n = read(this.pen, this.video);
      this.times.push(now);
      if (this.times.length > 1000) this.times.shift();
      if (n === undefined) return;
      while (this.newest < n) this.shown.set(++this.newest, now);
    });
  }
}
