/** Adding a device: a virtual one, or one that the browser lists. */
import { choose } from "./choose.ts";
import { button, h } from "./dom.ts";
import type { Driver } from "./driver.ts";
import { heartRate } from "./heart.ts";
import { lamp } from "./lamp.ts";
import type { Profile } from "./profile.ts";
import { anything } from "./profiles.ts";
import { Radio } from "./radio.ts";
import { virtualHeart } from "./virtual-heart.ts";
import { virtualLamp } from "./virtual-lamp.ts";
import { whyNot } from "./words.ts";

/** Kind is what can be added: its name in the CA begins with base. pick is called in the handling of a click; undefined: somebody changed their mind. */
export interface Kind {
  readonly label: string;
  readonly base: string;
  readonly real: boolean;
  pick(services: readonly string[]): Promise<Driver | undefined>;
}

const real = (label: string, base: string, profile: Profile): Kind => ({
  label, base, real: true,
  pick: (services) => choose(profile, services).then((device) => device && new Radio(device)),
});

export const kinds: { readonly [kind: string]: Kind } = {
  "virtual-lamp": { label: "Virtual lamp", base: "lamp", real: false, pick: async () => virtualLamp() },
  "virtual-heart": { label: "Virtual heart", base: "heart", real: false, pick: async () => virtualHeart() },
  lamp: real("Bluetooth lamp …", "lamp", lamp),
  heart: real("Heart-rate sensor …", "heart", heartRate),
  any: real("Any Bluetooth device …", "device", anything),
};

export class Adder {
  readonly element: HTMLDetailsElement;
  private readonly services = h("input", { type: "text", placeholder: "181a or a full UUID", autocomplete: "off", spellcheck: "false" });

  constructor(label: string, add: (kind: string, services: readonly string[]) => void) {
    const act = (kind: string): HTMLButtonElement => button(kinds[kind]!.label, () => {
      this.element.open = false;
      this.element.querySelector("summary")?.focus();
      add(kind, this.asked());
    });
    const why = whyNot();
    const virtual = h("div", { class: "choices" }, h("p", { class: "soft" }, "Works everywhere"), act("virtual-lamp"), act("virtual-heart"));
    const nearby = why
      ? h("div", { class: "choices" }, h("p", { class: "soft" }, "Nearby"), h("p", { class: "why" }, why.message))
      : h("div", { class: "choices" }, h("p", { class: "soft" }, "Nearby"), act("lamp"), act("heart"), act("any"),
        h("details", { class: "sharing" }, h("summary", {}, "It has services of its own"), h("label", {}, h("span", {}, "Their UUIDs: browsers show a page no others"), this.services)));
    this.element = h("details", { class: "add" }, h("summary", { class: "main" }, label), h("div", { class: "menu" }, virtual, nearby));
    this.element.addEventListener("keydown", (e) => {
      if (e.key !== "Escape" || !this.element.open) return;
      this.element.open = false;
      this.element.querySelector("summary")?.focus();
    });
    this.element.addEventListener("toggle", () => {
      if (this.element.open) document.addEventListener("pointerdown", this.outside);
      else document.removeEventListener("pointerdown", this.outside);
    });
  }

  private readonly outside = (e: Event): void => {
    if (!e.composedPath().includes(this.element)) this.element.open = false;
  };

  private asked(): string[] {
    return this.services.value.split(/[\s,]+/).filter(Boolean);
  }
}
