/** Notices: what is wrong, and what to do about it. */
import { button, h } from "./dom.ts";

export interface Note {
  readonly text: string;
  readonly act?: { readonly label: string; readonly run: () => void };
}

export class Notes {
  readonly el = h("div", { class: "notes", role: "alert" });
  private readonly shown = new Map<string, HTMLElement>();

  /** show shows a notice about something; one about the same takes its place. */
  show(about: string, { text, act }: Note): void {
    const note = h("div", { class: "note", "data-about": about }, h("p", {}, text), button("close", "Dismiss", () => this.hide(about), { class: "close" }));
    if (act) {
      const b = h("button", { type: "button", class: "act" }, act.label);
      b.addEventListener("click", () => {
        this.hide(about);
        act.run();
      });
      note.append(b);
    }
    this.hide(about);
    this.shown.set(about, note);
    this.el.prepend(note); // on top: those that are there don't move
  }

  hide(about: string): void {
    this.shown.get(about)?.remove();
    this.shown.delete(about);
  }

  clear(): void {
    for (const about of [...this.shown.keys()]) this.hide(about);
  }
}
