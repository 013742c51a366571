// Dialogs: each opens with something filled in, does one thing, and says what is wrong. What was begun in one that was closed since goes on, and touches no other that is open by then.
import { setLink } from "../../../../web/ui/parts/copy.ts";
import { drawQR } from "../../../../web/ui/parts/qr.ts";
import { toast } from "../../../../web/ui/parts/toast.ts";
import { likeOf, toTab, words } from "./dom.ts";

/** Work is what a dialog does. It resolves with false to keep the dialog open, or with a link that was made, to show it. */
export type Work = () => Promise<boolean | string | void>;

/** Pane is a dialog of the page. Its form's work is done once at a time, and closes it unless it says otherwise. */
export class Pane {
  readonly box: HTMLDialogElement;
  private work: Work = async () => undefined;
  private opened = 0;
  private from: Element | null = null; // what had the focus before

  /** shown is told of a link that is shown because it was made. */
  constructor(id: string, private readonly shown: (url: string) => void = () => undefined) {
    this.box = document.getElementById(id) as HTMLDialogElement;
    for (const b of this.box.querySelectorAll("[data-close]")) b.addEventListener("click", () => this.box.close());
    this.box.addEventListener("close", () => this.box.open || this.closed()); // told of a moment later: it may be open again
    this.form?.addEventListener("submit", (e) => {
      if (this.form!.method === "dialog") return;
      e.preventDefault();
      void this.run(this.work);
    });
  }

  get form(): HTMLFormElement | null { return this.box.querySelector("form"); }
  find<T extends HTMLElement>(selector: string): T { return this.box.querySelector<T>(selector)!; }

  /** open shows the dialog. work is what its main button does. */
  open(title: string, work: Work = async () => undefined): void {
    this.work = work;
    this.opened++;
    if (title) this.find("h2").textContent = title;
    this.problem("");
    this.enable(true);
    this.step(false);
    this.from = document.activeElement;
    this.box.showModal();
    this.find<HTMLElement>("h2").focus();
  }

  close(): void { this.box.close(); }

  /** run does something of the dialog's, and says what went wrong. */
  async run(work: Work): Promise<void> {
    const mine = this.opened, here = (): boolean => this.box.open && mine === this.opened;
    this.enable(false);
    this.problem("");
    try {
      const done = await work();
      if (here() && typeof done === "string") this.made(done);
      else if (here() && done !== false) this.close();
    } catch (e) {
      if (here()) this.problem(words(e));
      else toast(words(e), { kind: "bad" });
    } finally {
      if (mine === this.opened) this.enable(true);
    }
  }

  private enable(on: boolean): void {
    for (const b of this.box.querySelectorAll<HTMLButtonElement>("button:not([data-close])")) b.disabled = !on;
  }

  problem(text: string): void {
    const places = this.form?.querySelectorAll(":scope > .problem") ?? [];
    for (const p of places) p.textContent = text;
  }

  /** made shows what was made: a link, and its code where there is room for one. */
  made(url: string): void {
    this.step(true);
    this.link(url);
    this.shown(url);
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

  /** closed has what was shown not stay in the page, and the focus where it was before, or near by: the browser gives it back only to what is there still. */
  private closed(): void {
    const at = document.activeElement;
    if (this.from && !this.from.isConnected && (at === document.body || this.box.contains(at))) {
      const like = likeOf(this.from);
      if (like) like.focus();
      else toTab();
    }
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
