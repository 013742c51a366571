// Where one was looking, kept by board: who comes back sees what they saw.
import type { View } from "./view.ts";

const key = (board: string): string => `whiteboard view ${board}`;

export function keepView(board: string, { x, y, zoom }: View): void {
  try {
    localStorage.setItem(key(board), JSON.stringify({ x, y, zoom }));
  } catch {
    // then the board is shown as a whole
  }
}

export function keptView(board: string): View | undefined {
  try {
    const v = JSON.parse(localStorage.getItem(key(board)) ?? "null") as View | null;
    return v && [v.x, v.y, v.zoom].every(Number.isFinite) && v.zoom > 0 ? v : undefined;
  } catch {
    return undefined;
  }
}
