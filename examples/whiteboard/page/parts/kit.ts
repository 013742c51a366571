// What tests of the board share: elements, and a desk whose changes a server in memory takes.
import { Board } from "./board.ts";
import { Workplace } from "./desk.ts";
import type { Change, Element } from "./element.ts";
import type { Input } from "./gestures.ts";

export const rect = (over: Partial<Element> = {}): Element => ({ kind: "rect", x: 0, y: 0, w: 100, h: 50, z: 1, color: "red", size: 2, ...over });

export const at = (x: number, y: number, shift = false): Input => ({ x, y, pressure: 0.5, shift });

/** bench is a desk on a board that holds some elements. */
export function bench(elements: Record<string, Element> = {}): { board: Board; desk: Workplace; sent: Change[][]; said: string[] } {
  const board = new Board();
  board.replace(Object.entries(elements), 1);
  const sent: Change[][] = [], said: string[] = [];
  const desk = new Workplace(board, { put: (changes) => void sent.push(changes), changed: () => undefined, say: (text) => void said.push(text), width: (text, size) => 0.5 * size * text.length });
  desk.setEditable(true);
  return { board, desk, sent, said };
}
