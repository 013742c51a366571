/**
 * Finds the person in a picture, in a worker: MediaPipe's selfie segmentation, whose models and WebAssembly stand beside this file. It is a classic worker,
 * because the library loads its parts by importScripts.
 *
 * In: { picture: ImageBitmap }, one at a time. Out: { mask: ImageBitmap }, whose alpha is how surely a person is seen, or { error: text }, after which
 * nothing more comes.
 */
import type { SelfieSegmentation } from "@mediapipe/selfie_segmentation";

declare const SELFIE_FILE: string, GRAPH_FILE: string, MODEL_FILE: string, LOADER_FILE: string, WASM_FILE: string;
declare function importScripts(...urls: string[]): void;
declare function postMessage(message: unknown, transfer?: Transferable[]): void;

/** Where this script came from: a blob's own address says nothing, so whoever makes one tells. */
const base = (globalThis as { WAB_BASE?: string }).WAB_BASE ?? location.href;
const at = (file: string): string => new URL(file, base).href;

const files: { [name: string]: string } = {
  "selfie_segmentation.binarypb": GRAPH_FILE,
  "selfie_segmentation_landscape.tflite": MODEL_FILE,
  "selfie_segmentation_solution_simd_wasm_bin.js": LOADER_FILE,
  "selfie_segmentation_solution_simd_wasm_bin.wasm": WASM_FILE,
};

/**
 * The library loads its model in pages only, by script elements and canvases of the document. It gets as much of a page here as it asks for.
 */
class Script {
  private src = "";
  private readonly heard = new Map<string, () => void>();

  setAttribute(name: string, value: string): void {
    if (name === "src") this.src = value;
  }

  addEventListener(type: string, f: () => void): void {
    this.heard.set(type, f);
  }

  run(): void {
    try {
      importScripts(this.src);
      this.heard.get("load")?.();
    } catch {
      this.heard.get("error")?.();
    }
  }
}

function pretendToBeAPage(): void {
  const document = {
    createElement: (tag: string) => (tag === "canvas" ? new OffscreenCanvas(1, 1) : new Script()),
    body: { appendChild: (script: Script) => script.run() },
    addEventListener: () => {},
    querySelector: () => null,
  };
  Object.assign(globalThis, { window: globalThis, document });
}

let finder: SelfieSegmentation | undefined;

async function begin(): Promise<SelfieSegmentation> {
  pretendToBeAPage();
  importScripts(at(SELFIE_FILE));
  const Selfie = (globalThis as unknown as { SelfieSegmentation: typeof SelfieSegmentation }).SelfieSegmentation;
  const f = new Selfie({
    locateFile: (name) => {
      const file = files[name.split("/").at(-1)!];
      if (!file) throw new Error(`${name} is not served: this browser has no WebAssembly SIMD`);
      return at(file);
    },
  });
  f.setOptions({ modelSelection: 1 });
  f.onResults(async ({ segmentationMask }) => {
    const mask = await createImageBitmap(segmentationMask);
    postMessage({ mask }, [mask]);
  });
  await f.initialize();
  return f;
}

async function find(picture: ImageBitmap): Promise<void> {
  try {
    finder ??= await begin();
    await finder.send({ image: picture as unknown as HTMLCanvasElement });
  } catch (e) {
    postMessage({ error: String((e as Error)?.message ?? e) });
  } finally {
    picture.close();
  }
}

addEventListener("message", (e: MessageEvent<{ picture: ImageBitmap }>) => void find(e.data.picture));
