// The buttons around the board, kept in step with the desk.
import { harmless, tools, type Workplace } from "./desk.ts";
import type { Color } from "./element.ts";
import { letters, pens } from "./gestures.ts";

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

export interface Presses {
  image(): void;
  zoom(to: "in" | "out" | "fit" | "one"): void;
  list(): void;
  help(): void;
}

export class Chrome {
  private readonly looks = by("looks");
  private readonly desk_ = by("desk");

  constructor(private readonly desk: Workplace, presses: Presses) {
    const press = (id: string, run: () => void): void => by(id).addEventListener("click", run);
    for (const tool of tools) press(tool, () => desk.take(tool));
    press("image", presses.image);
    press("undo", () => desk.undo());
    press("redo", () => desk.redo());
    press("in", () => presses.zoom("in"));
    press("out", () => presses.zoom("out"));
    press("fit", () => presses.zoom("fit"));
    press("percent", () => presses.zoom("one"));
    press("list-button", presses.list);
    press("help-button", presses.help);
    press("front", () => desk.raise(true));
    press("back", () => desk.raise(false));
    press("duplicate", () => desk.duplicate());
    press("delete", () => desk.remove());
    press("fill", () => desk.setFill(by("fill").getAttribute("aria-pressed") !== "true"));
    press("look", () => this.openLooks(!this.looks.classList.contains("open")));
    for (const b of this.swatches()) b.addEventListener("click", () => desk.setColor(b.dataset["color"] as Color));
    for (const b of this.widths()) b.addEventListener("click", () => desk.setStep(Number(b.dataset["step"])));
    rove(by("tools"));
  }

  /** openLooks opens or shuts colours and widths, where they are not always there. */
  openLooks(open: boolean): void {
    this.looks.classList.toggle("open", open);
    by("look").setAttribute("aria-expanded", String(open));
  }

  /** show brings all buttons up to date. */
  show(): void {
    const { desk } = this;
    this.desk_.toggleAttribute("data-editable", desk.editable);
    by("tools").hidden = false;
    this.looks.hidden = !desk.editable;
    for (const tool of tools) {
      by(tool).hidden = !desk.editable && !harmless.includes(tool);
      pressed(by(tool), desk.tool === tool);
    }
    for (const id of ["image", "look", "undo", "redo"]) by(id).hidden = !desk.editable;
    for (const r of document.querySelectorAll<HTMLElement>(".tools .rule, .corner .rule")) r.hidden = !desk.editable;
    by<HTMLButtonElement>("undo").disabled = !desk.history.canUndo;
    by<HTMLButtonElement>("redo").disabled = !desk.history.canRedo;
    by("arrange").hidden = desk.selection.size === 0;
    this.showStyle();
  }

  private showStyle(): void {
    const chosen = this.desk.selected().map(([, e]) => e);
    const one = <T>(values: T[], otherwise: T | undefined): T | undefined => (chosen.length === 0 ? otherwise : new Set(values).size === 1 ? values[0] : undefined);
    const color = one(chosen.map((e) => e.color), this.desk.style.color);
    const step = one(chosen.map((e) => stepOf(e.kind === "text" || e.kind === "note" ? letters : pens, e.size)), this.desk.style.step);
    const fill = one(chosen.map((e) => Boolean(e.fill)), this.desk.style.fill);
    for (const b of this.swatches()) pressed(b, b.dataset["color"] === color);
    for (const b of this.widths()) pressed(b, Number(b.dataset["step"]) === step);
    pressed(by("fill"), fill ?? false);
    by("look").dataset["color"] = color ?? "ink";
  }

  /** zoomed shows the zoom. */
  zoomed(zoom: number): void {
    const text = `${Math.round(zoom * 100)} %`;
    const b = by("percent");
    if (b.textContent === text) return;
    b.textContent = text;
    b.setAttribute("aria-label", `Zoom, ${text}`);
  }

  private swatches(): HTMLElement[] {
    return [...this.looks.querySelectorAll<HTMLElement>(".swatch")];
  }

  private widths(): HTMLElement[] {
    return [...this.looks.querySelectorAll<HTMLElement>(".width")];
  }
}

const pressed = (b: HTMLElement, is: boolean): void => b.setAttribute("aria-pressed", String(is));

const stepOf = (steps: readonly number[], size: number): number => steps.reduce((best, s, i) => (Math.abs(s - size) < Math.abs(steps[best]! - size) ? i : best), 0);

/** rove makes a toolbar one stop of the Tab key, within which arrows go from button to button. */
function rove(bar: HTMLElement): void {
  const buttons = (): HTMLButtonElement[] => [...bar.querySelectorAll<HTMLButtonElement>("button")].filter((b) => b.offsetParent !== null);
  const stop = (at: HTMLElement): void => bar.querySelectorAll<HTMLButtonElement>("button").forEach((b) => (b.tabIndex = b === at ? 0 : -1));
  stop(bar.querySelector("button")!);
  bar.addEventListener("focusin", (e) => stop(e.target as HTMLElement));
  bar.addEventListener("keydown", (e) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!by) return;
    const all = buttons();
    all[(all.indexOf(document.activeElement as HTMLButtonElement) + by + all.length) % all.length]?.focus();
    e.preventDefault();
    e.stopPropagation();
  });
}

