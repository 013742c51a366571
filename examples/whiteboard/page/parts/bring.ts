// What comes onto the board from elsewhere: images that are chosen, dropped or pasted, texts that are pasted, and elements that were copied on this page.
import { toast } from "../../../../web/ui/parts/toast.ts";
import type { Workplace } from "./desk.ts";
import { clip, describe, type Element, newID, tooLong } from "./element.ts";
import type { Point } from "./geometry.ts";
import { shrink } from "./pictures.ts";

/** Places are where things may go, on the board. */
export interface Places {
  middle(): Point;
  pointer(): Point;
  /** at is a place of the surface, on the board. */
  at(p: Point): Point;
  /** room is how much of the board is seen. */
  room(): { w: number; h: number };
}

export class Bring {
  private copied: { text: string; elements: Element[] } = { text: "", elements: [] };

  constructor(
    private readonly file: HTMLInputElement,
    surface: HTMLElement,
    private readonly desk: Workplace,
    private readonly places: Places,
    private readonly say: (text: string) => void,
  ) {
    file.addEventListener("change", () => void this.images([...(file.files ?? [])], places.middle()).then(() => (file.value = "")));
    surface.addEventListener("dragover", (e) => e.preventDefault());
    surface.addEventListener("drop", (e) => this.drop(e, surface));
    addEventListener("copy", (e) => void this.copy(e));
    addEventListener("cut", (e) => this.copy(e) && desk.remove());
    addEventListener("paste", (e) => this.paste(e));
  }

  /** choose asks for image files. */
  choose(): void {
    if (this.desk.editable) this.file.click();
  }

  private async images(files: readonly File[], at: Point): Promise<void> {
    let n = 0;
    for (const file of files) {
      try {
        const picture = await shrink(file);
        this.desk.place(picture.file, picture, { x: at.x + 24 * n, y: at.y + 24 * n }, this.places.room());
        n++;
      } catch {
        toast(`${file.name || "That"} is not an image that this browser can read. Nothing was changed.`, { kind: "bad" });
      }
    }
    if (n > 0) this.say(n === 1 ? "Image added" : `${n} images added`);
  }

  private drop(e: DragEvent, surface: HTMLElement): void {
    e.preventDefault();
    if (!this.desk.editable || !e.dataTransfer) return;
    const r = surface.getBoundingClientRect();
    void this.images([...e.dataTransfer.files], this.places.at({ x: e.clientX - r.left, y: e.clientY - r.top }));
  }

  /** copy takes the selection, and tells whether there was one. */
  private copy(e: ClipboardEvent): boolean {
    const { desk } = this;
    if (elsewhere(e) || desk.selection.size === 0) return false;
    e.preventDefault();
    this.copied = { text: desk.selected().map(([, el]) => el.text ?? describe(el)).join("\n"), elements: desk.copies() };
    e.clipboardData?.setData("text/plain", this.copied.text);
    return true;
  }

  private paste(e: ClipboardEvent): void {
    const { desk, copied } = this;
    if (elsewhere(e) || !desk.editable || !e.clipboardData) return;
    const files = [...e.clipboardData.files], text = e.clipboardData.getData("text/plain").trim();
    const at = desk.selection.size > 0 ? this.places.middle() : this.places.pointer();
    if (files.length > 0) void this.images(files, at);
    else if (text && text === copied.text.trim()) desk.add(copied.elements.map((el) => ({ ...el, x: el.x + at.x, y: el.y + at.y })));
    else if (text) this.text(text, at);
    else return;
    e.preventDefault();
  }

  private text(text: string, at: Point): void {
    const held = clip(text);
    this.desk.write(newID(), this.desk.fresh("text", at), held);
    if (held !== text) toast(tooLong);
  }
}

/** elsewhere tells whether a clipboard event belongs to a field or a panel. */
const elsewhere = (e: Event): boolean => e.target instanceof HTMLElement && e.target.closest("input, textarea, .panel, .sheet") !== null;
