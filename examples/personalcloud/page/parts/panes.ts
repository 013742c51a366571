// Dialogs: each opens with something filled in, does one thing, and says what is wrong.
import { setLink } from "../../../../web/ui/parts/copy.ts";
import { drawQR } from "../../../../web/ui/parts/qr.ts";
import { words } from "./dom.ts";

/** Pane is a dialog of the page. Its form's work is done once at a time, and closes it unless it says otherwise. */
export class Pane {
  readonly box: HTMLDialogElement;
  private work: () => Promise<boolean | void> = async () => undefined;

  constructor(id: string) {
    this.box = document.getElementById(id) as HTMLDialogElement;
    for (const b of this.box.querySelectorAll("[data-close]")) b.addEventListener("click", () => this.box.close());
    this.box.addEventListener("close", () => this.box.open || this.clear()); // told of a moment later: it may be open again
    this.form?.addEventListener("submit", (e) => {
      if (this.form!.method === "dialog") return;
      e.preventDefault();
      void this.run(this.work);
    });
  }

  get form(): HTMLFormElement | null { return this.box.querySelector("form"); }
  find<T extends HTMLElement>(selector: string): T { return this.box.querySelector<T>(selector)!; }

  /** open shows the dialog. work is what its main button does; false keeps it open. */
  open(title: string, work: () => Promise<boolean | void> = async () => undefined): void {
    this.work = work;
    if (title) this.find("h2").textContent = title;
    this.problem("");
    this.step(false);
    this.box.showModal();
    this.find<HTMLElement>("h2").focus();
  }

  close(): void { this.box.close(); }

  /** run does something of the dialog's, and says what went wrong. */
  async run(work: () => Promise<boolean | void>): Promise<void> {
    const buttons = [...this.box.querySelectorAll<HTMLButtonElement>("button:not([data-close])")];
    for (const b of buttons) b.disabled = true;
    this.problem("");
    try {
      if ((await work()) !== false) this.close();
    } catch (e) {
      this.problem(words(e));
    } finally {
      for (const b of buttons) b.disabled = false;
    }
  }

  problem(text: string): void {
    const places = this.form?.querySelectorAll(":scope > .problem") ?? [];
    for (const p of places) p.textContent = text;
  }

  /** made shows what was made: a link, and its code where there is room for one. */
  made(url: string): void {
    this.step(true);
    this.link(url);
    this.find<HTMLElement>("h2").focus();
  }

  link(url: string): void {
    setLink(this.find("[data-copy]"), url);
    this.box.querySelector("[data-qr]")?.replaceChildren(drawQR(url, "QR code of the link") ?? "The link is too long for a QR code.");
  }

  private step(made: boolean): void {
    const place = this.box.querySelector<HTMLElement>("[data-made]");
    if (!place) return;
    place.hidden = !made;
    this.form!.hidden = made;
  }

  /** What was shown doesn't stay in the page. */
  private clear(): void {
    this.box.querySelector("[data-qr]")?.replaceChildren();
    for (const input of this.box.querySelectorAll<HTMLInputElement>(".copy input")) input.value = "";
  }
}

/** sure asks before what can't be undone. That a question was closed is told of a moment later: if another is open by then, nobody has answered that one yet. */
export function sure(pane: Pane, title: string, text: string, yes: string): Promise<boolean> {
  pane.find("[data-words]").textContent = text;
  pane.find("[value=yes]").textContent = yes;
  pane.box.returnValue = "";
  pane.open(title);
  return new Promise((resolve) => (pane.box.onclose = () => pane.box.open || resolve(pane.box.returnValue === "yes")));
}
