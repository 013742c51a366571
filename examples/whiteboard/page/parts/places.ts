// Where one was looking, kept by board: who comes back sees what they saw. It is kept by its middle, so that a window of another size shows it as well.
import type { View } from "./view.ts";

type Size = { w: number; h: number };

const key = (board: string): string => `whiteboard view ${board}`;

export function keepView(board: string, { x, y, zoom }: View, { w, h }: Size): void {
  try {
    localStorage.setItem(key(board), JSON.stringify({ x: x + w / 2 / zoom, y: y + h / 2 / zoom, zoom }));
  } catch {
    // then the board is shown as a whole
  }
}

export function keptView(board: string, { w, h }: Size): View | undefined {
  try {
    const v = JSON.parse(localStorage.getItem(key(board)) ?? "null") as View | null;
    if (!v || ![v.x, v.y, v.zoom].every(Number.isFinite) || v.zoom <= 0) return undefined;
    return { x: v.x - w / 2 / v.zoom, y: v.y - h / 2 / v.zoom, zoom: v.zoom };
  } catch {
    return undefined;
  }
}
