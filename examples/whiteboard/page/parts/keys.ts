// The keyboard: every tool and action has a key. Keys work wherever the focus is, but in text fields and sheets.
import type { Tool } from "./desk.ts";

export const toolKeys: Record<string, Tool> = {
  v: "select", h: "hand", d: "draw", p: "draw", r: "rect", o: "ellipse", a: "arrow", l: "line", t: "text", n: "note", e: "erase",
};

/** Commands are what keys do, beside choosing a tool. */
export interface Commands {
  tool(tool: Tool): void;
  image(): void;
  undo(): void;
  redo(): void;
  remove(): void;
  duplicate(): void;
  selectAll(): void;
  /** arrows move the selection, or the view where nothing is selected. */
  arrow(dx: number, dy: number): void;
  /** grow makes the selection larger or smaller. */
  grow(dx: number, dy: number): void;
  raise(up: boolean): void;
  zoom(to: "in" | "out" | "fit" | "one"): void;
  write(): void;
  escape(): void;
  /** step goes to the next element on the board, and tells whether there was one. */
  step(direction: 1 | -1): boolean;
  hold(space: boolean): void;
  help(): void;
  list(): void;
  color(index: number): void;
}

const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function listen(surface: HTMLElement, blocked: () => boolean, commands: Commands): void {
  addEventListener("keydown", (e) => {
    const at = e.target as HTMLElement;
    if (blocked() || at.closest("input, textarea, select, [contenteditable]")) return;
    const onControl = at !== surface && at.closest("button, a, summary, [role=dialog]") !== null;
    if (press(e, onControl, at === surface, commands)) e.preventDefault();
  });
  addEventListener("keyup", (e) => {
    if (e.key === " ") commands.hold(false);
  });
  addEventListener("blur", () => commands.hold(false));
}

/** press tells whether a key meant something. */
export function press(e: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">, onControl: boolean, onSurface: boolean, c: Commands): boolean {
  if (e.altKey) return false;
  const arrow = arrows[e.key];
  if (e.ctrlKey || e.metaKey) return arrow && !onControl ? does(() => c.grow(8 * arrow[0], 8 * arrow[1])) : chord(e.key.toLowerCase(), e.shiftKey, c);
  if (e.key === "Tab") return onSurface && c.step(e.shiftKey ? -1 : 1);
  if (onControl && (arrow || e.key === " " || e.key === "Enter")) return false; // those are the control's own
  if (arrow) return does(() => c.arrow(arrow[0] * (e.shiftKey ? 40 : 8), arrow[1] * (e.shiftKey ? 40 : 8)));
  const tool = toolKeys[e.key.toLowerCase()];
  if (tool && !e.shiftKey) return does(() => c.tool(tool));
  if (/^[1-8]$/.test(e.key)) return does(() => c.color(Number(e.key) - 1));
  return single(e, c);
}

function single(e: Pick<KeyboardEvent, "key" | "shiftKey">, c: Commands): boolean {
  switch (e.key) {
    case "Delete": case "Backspace": return does(() => c.remove());
    case "Escape": return does(() => c.escape());
    case "Enter": case "F2": return does(() => c.write());
    case " ": return does(() => c.hold(true));
    case "i": return does(() => c.image());
    case "[": return does(() => c.raise(false));
    case "]": return does(() => c.raise(true));
    case "+": case "=": return does(() => c.zoom("in"));
    case "-": return does(() => c.zoom("out"));
    case "0": return does(() => c.zoom("one"));
    case "!": return does(() => c.zoom("fit"));
    case "f": return does(() => c.zoom("fit"));
    case "?": return does(() => c.help());
    case "/": return does(() => c.list());
    default: return false;
  }
}

function chord(key: string, shift: boolean, c: Commands): boolean {
  switch (key) {
    case "z": return does(() => (shift ? c.redo() : c.undo()));
    case "y": return does(() => c.redo());
    case "a": return does(() => c.selectAll());
    case "d": return does(() => c.duplicate());
    case "+": case "=": return does(() => c.zoom("in"));
    case "-": return does(() => c.zoom("out"));
    case "0": return does(() => c.zoom("one"));
    default: return false;
  }
}

function does(what: () => void): true {
  what();
  return true;
}
