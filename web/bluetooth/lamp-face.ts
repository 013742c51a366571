/** A lamp on a card: it glows as the lamp does, and is switched and coloured there. */
import { button, draw, h, set, write } from "./dom.ts";
import type { Do, Face } from "./face.ts";
import type { LampState } from "./lamp.ts";
import type { DeviceView } from "./view.ts";
import { Wish } from "./wish.ts";

export class LampFace implements Face {
  readonly figure = h("div", { class: "lamp" }, draw("0 0 96 112", [
    ["circle", { class: "halo", cx: "48", cy: "44", r: "44" }],
    ["path", { class: "bulb", d: "M48 12a30 30 0 0 0-17 54.7c4 3 6 6.600 6 11.300h22c0-4.700 2-8.300 6-11.300A30 30 0 0 0 48 12z" }],
    ["path", { class: "wire", d: "M40 78V58l-6-8m22 28V58l6-8M40 58h16" }],
    ["path", { class: "foot", d: "M38 84h20M38 91h20M43 98h10" }],
  ], "drawing"));
  readonly controls = h("div", { class: "controls" });
  private readonly onOff: HTMLButtonElement;
  private readonly colour = h("input", { type: "color", value: "#ffffff" });
  private readonly level = h("input", { type: "range", min: 0, max: 100, step: 1 });
  private readonly colourField: HTMLElement;
  private readonly levelField: HTMLElement;
  private readonly percent = h("output");
  private readonly wishes: { readonly colour: Wish<string>; readonly level: Wish<number> };
  private on = false;

  constructor(name: string, does: Do) {
    this.onOff = button("", () => void does("on", !this.on), { class: "switch", role: "switch", "aria-label": `${name}: light` });
    this.onOff.append(h("span", { class: "knob" }));
    this.wishes = { colour: new Wish((c: string) => does("colour", c)), level: new Wish((n: number) => does("brightness", n)) };
    this.colour.addEventListener("input", () => this.wishes.colour.want(this.colour.value));
    this.level.addEventListener("input", () => (this.wishes.level.want(this.level.valueAsNumber), this.tint()));
    this.colourField = h("label", { class: "tint" }, h("span", {}, "Colour"), this.colour);
    this.levelField = h("label", { class: "level" }, h("span", {}, "Brightness"), this.level, this.percent);
    for (const el of [this.colour, this.level]) el.setAttribute("aria-label", `${name}: ${el === this.colour ? "colour" : "brightness"}`);
    this.controls.append(this.onOff, this.colourField, this.levelField);
  }

  update(view: DeviceView, usable: boolean): void {
    const s = lampState(view);
    this.on = s.on === true;
    set(this.onOff, "aria-checked", String(this.on));
    for (const el of [this.onOff, this.colour, this.level]) el.disabled = !usable;
    this.colourField.hidden = !s.can.includes("colour");
    this.levelField.hidden = !s.can.includes("brightness");
    if (!this.wishes.colour.pending && s.colour) this.colour.value = s.colour;
    if (!this.wishes.level.pending && s.brightness !== null) this.level.value = String(s.brightness);
    set(this.figure, "data-on", this.on ? "yes" : "no");
    this.tint();
  }

  /** tint draws the light as the controls have it. */
  private tint(): void {
    this.figure.style.setProperty("--light", this.colourField.hidden ? "#ffd27a" : this.colour.value);
    this.figure.style.setProperty("--glow", String(this.levelField.hidden ? 0.9 : 0.25 + (0.75 * this.level.valueAsNumber) / 100));
    write(this.percent, `${this.level.value} %`);
  }

  spoken(view: DeviceView): string {
    const { on } = lampState(view);
    return on === null ? "" : on ? "on" : "off";
  }
}

/** lampState is what a lamp says of itself; it is a stranger's word. */
function lampState(view: DeviceView): LampState {
  const { on, colour, brightness, can } = view.state;
  return {
    on: typeof on === "boolean" ? on : null,
    colour: typeof colour === "string" && /^#[0-9a-f]{6}$/.test(colour) ? colour : null,
    brightness: typeof brightness === "number" && brightness >= 0 && brightness <= 100 ? brightness : null,
    can: Array.isArray(can) ? (["on", "colour", "brightness"] as const).filter((c) => can.includes(c)) : ["on"],
  };
}
