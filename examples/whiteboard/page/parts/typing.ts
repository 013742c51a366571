// Typing on the board: a text field that lies exactly where the text will be.
import type { Board } from "./board.ts";
import type { Workplace } from "./desk.ts";
import { clip, type Element } from "./element.ts";
import { layout, lineHeight, measure, notePadding, type Width } from "./letters.ts";
import { toWindow, type View } from "./view.ts";

export class Typing {
  private at: { id: string; element: Element } | undefined;

  constructor(
    private readonly field: HTMLTextAreaElement,
    private readonly desk: Workplace,
    private readonly board: Board,
    private readonly look: () => { view: View; ink: string; paper: string; noteText: string; width: Width },
    /** hide tells which element the field shows instead of the canvas. */
    private readonly hide: (id: string | undefined) => void,
    private readonly left: () => void,
    /** full tells that no more goes into the text. */
    private readonly full: () => void,
  ) {
    field.addEventListener("input", () => {
      this.clip();
      this.fit();
    });
    field.addEventListener("blur", () => this.done());
    field.addEventListener("keydown", (e) => {
      e.stopPropagation();
      if (e.key === "Escape" || (e.key === "Enter" && (e.ctrlKey || e.metaKey))) {
        e.preventDefault();
        this.done();
        this.left();
      }
      if (e.key === "Tab") {
        e.preventDefault();
        this.done();
        this.left();
      }
    });
  }

  get busy(): boolean {
    return this.at !== undefined;
  }

  /** begin edits the text of an element, new or old. */
  begin(id: string, element: Element): void {
    this.done();
    this.at = { id, element };
    this.field.value = element.text ?? "";
    this.field.dataset["kind"] = element.kind;
    this.field.setAttribute("aria-label", element.kind === "note" ? "Text of the note" : "Text");
    this.field.hidden = false;
    this.hide(id);
    this.fit();
    this.field.focus({ preventScroll: true });
    this.field.select();
  }

  /** fit brings the field over its element, after typing or when the view has changed. */
  fit(): void {
    if (!this.at) return;
    const { element } = this.at;
    const { view, ink, paper, noteText, width } = this.look();
    const text = this.field.value;
    const s = this.field.style;
    const place = toWindow(view, element);
    const note = element.kind === "note";
    const laid = note ? layout({ ...element, text }, width) : { lines: text.split("\n"), size: element.size };
    const box = note ? element : measure(text, element.size, width);
    const pad = note ? Math.max(notePadding, (element.h - laid.lines.length * laid.size * lineHeight) / 2) : 0;
    s.left = `${place.x}px`;
    s.top = `${place.y}px`;
    s.width = `${note ? element.w : box.w + element.size}px`;
    s.height = `${note ? element.h : box.h}px`;
    s.padding = note ? `${pad}px ${notePadding}px 0` : "0";
    s.fontSize = `${laid.size}px`;
    s.transform = `scale(${view.zoom})`;
    s.color = note ? noteText : ink;
    s.backgroundColor = note ? paper : "transparent";
  }

  private clip(): void {
    const { field } = this;
    const text = clip(field.value);
    if (text === field.value) return;
    const at = Math.min(field.selectionStart, text.length);
    field.value = text;
    field.setSelectionRange(at, at);
    this.full();
  }

  /** colour is that of the element that is written. */
  get color(): Element["color"] {
    return this.at?.element.color ?? "ink";
  }

  done(): void {
    const at = this.at;
    if (!at) return;
    this.at = undefined;
    this.field.hidden = true;
    this.hide(undefined);
    const now = this.board.get(at.id);
    const text = this.field.value.replace(/\s+$/, "");
    if (now ? (now.text ?? "") !== text : at.element.kind === "note" || text) this.desk.write(at.id, now ?? at.element, text);
    if (this.board.get(at.id)) this.desk.made(at.id);
  }
}
