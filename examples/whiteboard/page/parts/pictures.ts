// Images: decoded once each, and made small enough before they go onto the board.

/** The server takes no larger ones, in bytes. */
export const maxImage = 200_000;

const longest = 1600;

/** Pictures decodes image files in the background and tells when one is there. */
export class Pictures {
  private readonly known = new Map<string, ImageBitmap | undefined>();
  private readonly names = new WeakMap<Uint8Array, string>();

  constructor(private readonly arrived: () => void) {}

  /** get is the picture, if it is decoded; undefined while it isn't. */
  get(file: Uint8Array): ImageBitmap | undefined {
    let name = this.names.get(file);
    if (!name) this.names.set(file, (name = fingerprint(file)));
    if (!this.known.has(name)) this.decode(name, file);
    return this.known.get(name);
  }

  private decode(name: string, file: Uint8Array): void {
    this.known.set(name, undefined);
    createImageBitmap(new Blob([file as Uint8Array<ArrayBuffer>])).then(
      (bitmap) => {
        this.known.set(name, bitmap);
        this.arrived();
      },
      () => undefined, // no picture: its frame stays empty
    );
  }
}

/** fingerprint tells images apart (FNV-1a), whatever copies there are of them. */
function fingerprint(file: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of file) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${file.length} ${hash >>> 0}`;
}

export interface Picture {
  file: Uint8Array;
  w: number;
  h: number;
}

/** shrink makes a file of at most maxImage bytes, trying smaller sizes and coarser qualities. It rejects what is no image. */
export async function shrink(source: Blob): Promise<Picture> {
  const bitmap = await createImageBitmap(source);
  try {
    const { width, height } = bitmap;
    if (source.size <= maxImage && Math.max(width, height) <= longest && /^image\/(png|jpeg|webp)$/.test(source.type)) {
      return { file: new Uint8Array(await source.arrayBuffer()), w: width, h: height };
    }
    for (let scale = Math.min(1, longest / Math.max(width, height)); ; scale *= 0.75) {
      for (const quality of [0.85, 0.7]) {
        const file = await encode(bitmap, scale, quality);
        if (file.size <= maxImage) return { file: new Uint8Array(await file.arrayBuffer()), w: width, h: height };
      }
    }
  } finally {
    bitmap.close();
  }
}

/** encode makes WebP, or what the browser makes instead. */
async function encode(bitmap: ImageBitmap, scale: number, quality: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const webp = await canvas.convertToBlob({ type: "image/webp", quality });
  return webp.type === "image/webp" ? webp : canvas.convertToBlob({ type: "image/jpeg", quality });
}
