/** One device in the panel. */
import { h, holdsFocus, set, write } from "./dom.ts";
import type { Do, Face } from "./face.ts";
import { HeartFace } from "./heart-face.ts";
import { Inside } from "./inside.ts";
import { LampFace } from "./lamp-face.ts";
import { OwnerPart, type OwnerActs } from "./owner.ts";
import { type DeviceView, type Done, whom } from "./view.ts";

export interface CardActs {
  act(view: DeviceView, command: string, args: readonly unknown[]): Promise<void>;
  owner: OwnerActs | undefined;
  /** Says something aloud. */
  say(text: string): void;
  preset: readonly string[];
}

/** So many of the commands of late are listed. */
const shown = 10;

/** What commands are when they are done. */
const words: { readonly [command: string]: string } = { on: "switched it", colour: "coloured it", brightness: "dimmed it", read: "read it", notify: "followed it", write: "wrote to it" };

/** What is not shared any more leaves a place of at most so many pixels. */
const tall = 360;

const reaches = { here: "", lost: "Out of reach", gone: "Gone" } as const;

export class Card {
  readonly element = h("li", { class: "card" });
  private readonly title = h("h3", { tabindex: -1 });
  private readonly under = h("p", { class: "soft" });
  private readonly reach = h("span", { class: "reach" });
  private readonly problem = h("p", { class: "problem" });
  private readonly last = h("summary");
  private readonly history = h("ul");
  private readonly lately = h("details", { class: "lately" }, this.last, this.history);
  private readonly body = h("div", { class: "body" });
  private face: Face | undefined;
  private inside: Inside | undefined;
  private owner: OwnerPart | undefined;
  private made = "";
  private told = "";
  private spoken: string | undefined;

  constructor(private readonly view: DeviceView, private readonly acts: CardActs) {
    this.element.append(h("header", {}, h("div", {}, this.title, this.under), this.reach), this.body);
    this.update();
  }

  update(): void {
    const { view } = this;
    const { name, profile, kind, made } = view.info;
    this.build(name, profile);
    if (view.there || !this.title.textContent) write(this.title, name);
    write(this.under, view.there ? [view.mine ? "Yours" : `${view.owner}’s`, kind === "virtual" ? "virtual" : made].filter(Boolean).join(" · ") : this.missing());
    const reach = view.there ? reaches[view.reach] : "";
    write(this.reach, reach);
    this.reach.hidden = !reach;
    set(this.element, "data-reach", view.there ? view.reach : "none");
    if (!view.there) return this.hush();
    this.body.hidden = false;
    this.element.style.minHeight = "";
    const usable = view.reach === "here";
    this.face?.update(view, usable && view.may("write"));
    this.inside?.update(view, usable);
    this.owner?.update(view);
    this.tellLast(view.done);
    this.speak(name);
  }

  /** build makes what the device's kind has, once, and anew where it turns out to be of another kind. */
  private build(name: string, profile: string): void {
    const made = `${this.view.there} ${profile} ${name}`;
    if (made === this.made || !this.view.there) return;
    this.made = made;
    const does: Do = (command, ...args) => this.run(() => this.acts.act(this.view, command, args));
    this.face = profile === "lamp" ? new LampFace(name, does) : profile === "heart-rate" ? new HeartFace() : undefined;
    this.inside = new Inside(name, does);
    if (!this.face) this.inside.open();
    this.owner = this.acts.owner && new OwnerPart(name, this.acts.preset, this.acts.owner, (work) => void this.run(work));
    const parts = [this.face && h("div", { class: "face" }, ...(this.face.figure ? [this.face.figure] : []), this.face.controls), this.problem, this.lately, this.inside.element, this.owner?.element];
    this.body.replaceChildren(...parts.filter((p) => p !== undefined));
  }

  private async run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      write(this.problem, "");
    } catch (e) {
      const text = (e as Error).message || "That did not work. Try again.";
      write(this.problem, text);
      this.acts.say(text);
    }
  }

  /** tellLast shows what was done last, and below it, where somebody wants to see that, what was before. */
  private tellLast(done: readonly Done[]): void {
    const key = JSON.stringify(done.slice(0, shown));
    if (key === this.told) return;
    this.told = key;
    this.last.replaceChildren(...(done[0] ? line(done[0]) : ["Nobody has used it yet"]));
    set(this.lately, "data-short", done.length < 2);
    set(this.last, "data-outcome", done[0]?.outcome || "waits");
    this.history.replaceChildren(...done.slice(1, shown).map((d) => h("li", { "data-outcome": d.outcome || "waits" }, ...line(d))));
  }

  private missing(): string {
    if (!this.view.refused) return "Looking for it …";
    return this.view.refused.code === "not_allowed" ? `${this.view.owner} doesn’t share it with you now.` : this.view.refused.message;
  }

  /** speak says aloud what one would see: lamp on, lamp out of reach. What was so from the beginning isn't news. */
  private speak(name: string): void {
    const { reach } = this.view;
    const now = reach === "here" ? (this.face?.spoken(this.view) ?? "") : reaches[reach].toLowerCase();
    if (this.spoken !== undefined && now !== this.spoken && now) this.acts.say(`${name} ${now}`);
    else if (this.spoken && !now && reach === "here") this.acts.say(`${name} is back`);
    this.spoken = now;
  }

  /** hush leaves the card about as high as it was, so that little moves under anybody's hand. */
  private hush(): void {
    if (!this.body.hidden && this.element.isConnected) this.element.style.minHeight = `${Math.min(this.element.offsetHeight, tall)}px`;
    if (holdsFocus(this.body)) this.title.focus();
    this.body.hidden = true;
    if (this.spoken !== undefined) this.acts.say(`${this.title.textContent} is not shared any more`);
    this.spoken = undefined;
    this.made = "";
  }
}

function line(d: Done): (Node | string)[] {
  const time = d.at ? new Date(d.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
  const end = d.outcome === "done" ? (d.method && d.method !== "deadline" ? ", with the picture" : "") : d.outcome ? `: ${d.error || d.outcome}` : " …";
  return [h("bdi", {}, whom(d.by)), " ", ...(words[d.command] ? [words[d.command]!] : ["did ", h("bdi", {}, d.command)]), end, time && " · ", h("time", {}, time)];
}
