// Finding somebody: by address, by link, by invitation, or in the white pages.
import { toast } from "../../../../web/ui/parts/toast.ts";
import { by, button, keyed, make, stayed, words } from "./dom.ts";
import { showFace } from "./face.ts";
import type { Found, Terms } from "./model.ts";
import { Permits, permitWords } from "./permits.ts";
import { readTarget, type Target } from "./target.ts";

export interface Asks {
  connect(target: string, terms: Terms): Promise<void>;
  search(text: string): Promise<Found[]>;
}

/** A pause in typing, in ms, after which the white pages are asked. */
const pause = 250;

export class Find {
  private readonly input = by<HTMLInputElement>("target");
  private readonly submit = by<HTMLButtonElement>("connect");
  private readonly permits = new Permits("ask", () => this.summarize());
  private timer: ReturnType<typeof setTimeout> | undefined;
  private invitation: string | undefined; // the secret of the one that is in the field
  private asking = 0;
  private live = false;

  constructor(private readonly asks: Asks) {
    by("find").addEventListener("submit", (e) => {
      e.preventDefault();
      void this.go();
    });
    this.input.addEventListener("input", () => this.typed());
    by("relation").addEventListener("input", () => this.summarize());
  }

  online(live: boolean): void {
    this.live = live;
    this.submit.disabled = !live;
  }

  /** fill has somebody's address ready, so that one press asks them. */
  fill(target: Target): void {
    this.invitation = target.invitation;
    this.input.value = target.to;
    this.input.focus();
  }

  private get terms(): Terms | undefined {
    const allow = this.permits.read(), why = by<HTMLInputElement>("why").value.trim();
    return allow && { name: by<HTMLInputElement>("relation").value.trim() || "friend", allow, ...(why && { why }) };
  }

  private summarize(): void {
    const relation = by<HTMLInputElement>("relation").value.trim() || "friend";
    const allow = document.querySelector<HTMLInputElement>("[name=ask-permits]:checked")?.value === "custom" ? "some events" : permitWords(this.permits.read() ?? []);
    by("terms-words").textContent = `As a ${relation}, who may send ${allow}`;
  }

  private typed(): void {
    this.problem("");
    this.invitation = undefined;
    this.asking++; // what an answer that is still to come was asked for stands there no more
    clearTimeout(this.timer);
    const target = readTarget(this.input.value);
    if (target?.kind !== "name") return this.show([]);
    this.timer = setTimeout(() => void this.search(target.to, (why) => this.problem(why)), pause);
  }

  /** search shows who is found, and tells how many; nothing if another is looked for before the answer, or if there is none. */
  private async search(text: string, refuse: (why: string) => void): Promise<number | undefined> {
    const mine = ++this.asking;
    try {
      const found = await this.asks.search(text);
      if (mine !== this.asking) return undefined;
      this.show(found);
      return found.length;
    } catch (e) {
      if (mine === this.asking) refuse(words(e));
      return undefined;
    }
  }

  private show(found: readonly Found[]): void {
    if (found.length === 0) this.asking++;
    keyed(by("found-people"), found, () => found.map((f) => {
      const li = make("li", "hit"), face = make("span", "face"), names = make("span", "names");
      face.setAttribute("aria-hidden", "true");
      showFace(face, { name: f.name }, f.address);
      names.append(make("strong", "", f.name || f.address), make("span", "address mono", f.address));
      li.append(face, names, button("Connect", () => void this.ask(f.address), { label: `Connect with ${f.name || f.address}` }));
      return li;
    }));
  }

  private async go(): Promise<void> {
    const target = readTarget(this.input.value), refuse = this.refusing(target?.to);
    if (!target) return refuse("Whom do you mean? An address looks like bob@cloud.example.");
    if (target.kind !== "name") return this.ask(target.to, target.invitation ?? this.invitation);
    clearTimeout(this.timer);
    const found = await this.search(target.to, refuse);
    if (found === 0) refuse(`Nobody in the white pages here is called “${target.to}”. Ask them for their address: it looks like bob@cloud.example.`);
  }

  private async ask(to: string, invitation?: string): Promise<void> {
    const terms = this.terms;
    if (!terms || !this.live) return;
    const typed = this.input.value, refuse = this.refusing(to);
    this.submit.disabled = true;
    this.problem("");
    try {
      await this.asks.connect(to, { ...terms, ...(invitation && { invitation }) });
      if (this.input.value !== typed) return; // another is looked for already
      this.input.value = by<HTMLInputElement>("why").value = "";
      this.invitation = undefined;
      this.show([]);
    } catch (e) {
      refuse(words(e));
    } finally {
      this.submit.disabled = !this.live;
    }
  }

  /** refusing is what will say why somebody can't be asked: by the field, and there whoever waits is led, or on its own once another is looked for. */
  private refusing(to = ""): (why: string) => void {
    const from = document.activeElement, typed = this.input.value;
    return (why) => {
      if (this.input.value !== typed) return void toast(`${to}: ${why}`, { kind: "bad" });
      this.problem(why);
      if (stayed(from)) this.input.focus();
    };
  }

  private problem(text: string): void {
    by("target-problem").textContent = text;
    this.input.setAttribute("aria-invalid", String(text !== ""));
  }
}
