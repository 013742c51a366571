/**
 * People cut out of their pictures, so that they stand over the app.
 *
 * Each receiver does this for itself, for the tiles that it shows: what is sent stays the camera's picture, so that its frames keep their times (actions
 * fire with them), and somebody whose computer is slow sees tiles while the others see people. One worker finds the person, for one tile after the other;
 * in between a tile's latest mask serves for its newer frames: the picture is never late, its edge may be by a frame or two. When masks come too seldom for
 * that, all tiles are plain again.
 */
import { segmentWorker } from "./assets.ts";
import type { Tile } from "./tile.ts";

/** A person is found in pictures of this size: more makes no better edge with this model. */
const width = 256, height = 144;
/** A mask older than this, ms, is too old; the first one may take longer, because the model is loaded for it. */
const oldest = 700, loading = 30_000;
/** So many masks in a row may come too late. */
const lapses = 6;

interface Cut {
  mask: ImageBitmap | undefined;
  asked: number; // when its mask was asked for last
  frame: number; // of requestVideoFrameCallback
}

export class Cutout {
  /** For tests on slow machines: how old a mask may be, ms. */
  static patience = oldest;
  private readonly cuts = new Map<Tile, Cut>();
  private readonly worker: Worker;
  private busy: { tile: Tile; since: number } | undefined;
  private late = 0;
  private first = true;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param tooSlow hears, once, that this computer can't */
  constructor(private readonly tooSlow: () => void) {
    this.worker = segmentWorker();
    this.worker.onmessage = ({ data }: MessageEvent<{ mask?: ImageBitmap; error?: string }>) => (data.mask ? this.found(data.mask) : this.fail());
    this.worker.onerror = () => this.fail();
  }

  /** sync cuts these tiles out from now on. */
  sync(tiles: readonly Tile[]): void {
    for (const [tile] of this.cuts) if (!tiles.includes(tile)) this.leave(tile);
    for (const tile of tiles) if (!this.cuts.has(tile)) this.enter(tile);
  }

  close(): void {
    clearTimeout(this.timer);
    this.worker.terminate();
    for (const tile of [...this.cuts.keys()]) this.leave(tile);
  }

  private enter(tile: Tile): void {
    const cut: Cut = { mask: undefined, asked: 0, frame: 0 };
    this.cuts.set(tile, cut);
    const next = (): void => {
      if (this.cuts.get(tile) !== cut) return;
      this.draw(tile, cut);
      this.ask();
      cut.frame = tile.video.requestVideoFrameCallback(next);
    };
    cut.frame = tile.video.requestVideoFrameCallback(next);
  }

  private leave(tile: Tile): void {
    const cut = this.cuts.get(tile);
    if (cut) tile.video.cancelVideoFrameCallback(cut.frame);
    cut?.mask?.close();
    this.cuts.delete(tile);
    tile.el.classList.remove("cut");
  }

  /** ask has the worker look for the person of the tile that has waited longest. */
  private ask(): void {
    if (this.busy || document.hidden) return;
    const [tile, cut] = [...this.cuts].filter(([t]) => t.video.videoWidth > 0).sort(([, a], [, b]) => a.asked - b.asked)[0] ?? [];
    if (!tile || !cut) return;
    cut.asked = performance.now();
    this.busy = { tile, since: cut.asked };
    this.timer = setTimeout(() => this.fail(), Math.max(loading, Cutout.patience));
    createImageBitmap(tile.video, { resizeWidth: width, resizeHeight: height }).then((picture) => this.worker.postMessage({ picture }, [picture]), () => {
      clearTimeout(this.timer); // no mask is to come
      this.busy = undefined;
    });
  }

  private found(mask: ImageBitmap): void {
    clearTimeout(this.timer);
    const { tile, since } = this.busy ?? {};
    this.busy = undefined;
    const cut = tile && this.cuts.get(tile);
    if (!tile || !cut) return mask.close();
    cut.mask?.close();
    cut.mask = mask;
    this.draw(tile, cut);
    this.judge(performance.now() - since!);
  }

  /** judge gives up when each tile's mask would be too old too often. */
  private judge(took: number): void {
    if (this.first) return void (this.first = false);
    this.late = took * this.cuts.size > Cutout.patience ? this.late + 1 : 0;
    if (this.late >= lapses) this.fail();
  }

  private fail(): void {
    this.close();
    this.tooSlow();
  }

  private draw({ video, canvas, el }: Tile, { mask }: Cut): void {
    const ctx = mask && video.videoWidth > 0 ? canvas.getContext("2d") : null;
    if (!ctx || !mask) return;
    if (canvas.width !== video.videoWidth) canvas.width = video.videoWidth;
    if (canvas.height !== video.videoHeight) canvas.height = video.videoHeight;
    ctx.globalCompositeOperation = "copy";
    ctx.filter = `blur(${Math.round(canvas.width / 240)}px)`; // the mask is coarse: its steps are smoothed
    ctx.drawImage(mask, 0, 0, canvas.width, canvas.height);
    ctx.filter = "none";
    ctx.globalCompositeOperation = "source-in";
    ctx.drawImage(video, 0, 0, canvas.width, canvas.height);
    el.classList.add("cut");
  }
}
