/** Captions: what is being said, in words, as the embedding page or somebody's speech recognition gives them. */
import { h } from "./dom.ts";

/** Caption is a piece of what somebody says. A later one of the same speaker replaces it until one is final. */
export interface Caption {
  readonly text: string;
  /** Who says it: shown before the text. */
  readonly name?: string;
  /** Whether the words will change no more; true unless said. */
  readonly final?: boolean;
  /** The language, as in a lang attribute. */
  readonly lang?: string;
}

/** Lines that stand at a time, and how long, ms. */
const lines = 3;
const longest = 8_000;

export class Captions {
  readonly el = h("div", { class: "captions", role: "log", "aria-live": "polite", "aria-label": "Captions" });
  private open: { name: string; el: HTMLElement } | undefined; // what is not final yet

  say({ text, name = "", final = true, lang }: Caption): void {
    const line = this.open?.name === name ? this.open.el : h("p");
    line.replaceChildren(...(name ? [h("b", {}, `${name}: `)] : []), h("span", lang ? { lang } : {}, text));
    if (!line.isConnected) this.el.append(line);
    this.open = final ? undefined : { name, el: line };
    while (this.el.children.length > lines) this.el.firstElementChild!.remove();
    if (final) setTimeout(() => line.remove(), longest);
  }

  clear(): void {
    this.el.replaceChildren();
    this.open = undefined;
  }
}
