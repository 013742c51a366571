// The line in which one writes a post. It is understood while one types: what it means, or where it stops making sense.
import { type Flaw, isFlaw, parse, type Post } from "./post.ts";

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

export class Composer {
  private readonly input = by<HTMLInputElement>("text");
  private readonly button = by<HTMLButtonElement>("post");
  private readonly place = by("meaning");
  private live = false;
  private busy = false;

  /** send posts a text, and rejects where it is not taken; now is the server's time. */
  constructor(private readonly send: (text: string) => Promise<void>, private readonly now: () => number) {
    this.input.addEventListener("input", () => this.read());
    by("composer").addEventListener("submit", (e) => (e.preventDefault(), void this.submit()));
    for (const b of document.querySelectorAll<HTMLElement>("[data-try]")) {
      b.addEventListener("click", () => {
        this.input.value = b.dataset["try"]!;
        this.input.focus();
        this.read();
      });
    }
    this.read();
  }

  /** online tells whether a post can go out: one that waited would come at another time than was meant. */
  online(live: boolean): void {
    this.live = live;
    this.read();
  }

  private read(): Post | Flaw {
    const post = parse(this.input.value, this.now());
    this.button.disabled = !this.live || this.busy || isFlaw(post);
    this.input.setAttribute("aria-invalid", String(isFlaw(post) && post.length > 0));
    this.place.dataset["kind"] = !isFlaw(post) ? "good" : post.length > 0 ? "bad" : "";
    this.place.replaceChildren(...(isFlaw(post) ? explain(this.input.value, post) : [mean(post, this.now())]));
    return post;
  }

  private async submit(): Promise<void> {
    if (isFlaw(this.read()) || this.button.disabled) return this.input.focus();
    this.busy = this.button.disabled = true;
    const typed = this.input.value;
    try {
      await this.send(typed.trim());
      if (this.input.value === typed) this.input.select(); // for the next one, unless it is typed already
    } finally {
      this.busy = false;
      this.read();
    }
  }
}

/** explain shows the place: the word that can't stand there, or the end, where something is missing. */
export function explain(text: string, flaw: Flaw): Node[] {
  const word = text.slice(flaw.at, flaw.at + flaw.length);
  if (text.trim() === "") return [document.createTextNode("Begin with buzz or flash.")];
  const code = document.createElement("code");
  const before = text.slice(0, flaw.at);
  code.append(before.length > 24 ? `…${before.slice(-24)}` : before, Object.assign(document.createElement("mark"), { textContent: word || " " }));
  return [code, document.createTextNode(flaw.length > 0 ? ` Here should stand ${flaw.wants}.` : ` Next: ${flaw.wants}.`)];
}

/** mean says what a post means. */
export function mean(post: Post, now: number): string {
  const steps = [...post.pins].flatMap(([device, pins]) => pins.flatMap((on, i) => (i % 2 === 0 ? [{ device, on, long: pins[i + 1]! - on }] : [])));
  steps.sort((a, b) => a.on - b.on);
  const each = steps.map(({ device, on, long }) => `${device} ${on > 0 ? `after ${ms0(on)} ` : ""}for ${ms0(long)}`);
  const wait = post.at - now;
  const when = !post.timed || wait <= 0 ? "at once" : wait < 60_000 ? `${ms0(wait)} from now` : `at ${new Date(post.at).toLocaleString()}`;
  return `${each.join(", ")}; ${when}; for ${post.tags.map((t) => `#${t}`).join(" ")}.`;
}

const ms0 = (n: number): string => (Math.round(n) < 1_000 ? `${Math.round(n)} ms` : `${Math.round(n / 10) / 100} s`);
