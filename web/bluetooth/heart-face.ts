/** A heart-rate sensor on a card: its number, and a heart that beats. */
import { draw, h, set, write } from "./dom.ts";
import type { Face } from "./face.ts";
import type { DeviceView } from "./view.ts";

export class HeartFace implements Face {
  readonly figure = h("div", { class: "heart" }, draw("0 0 96 96", [["path", { d: "M48 82C20 60 10 48 10 33a19 19 0 0 1 38-5 19 19 0 0 1 38 5c0 15-10 27-38 49z" }]], "drawing"));
  private readonly number = h("b", {}, "–");
  private readonly unit = h("span");
  private readonly more = h("span", { class: "soft" });
  readonly controls = h("div", { class: "reading" }, h("p", {}, this.number, " ", this.unit), this.more);

  update(view: DeviceView, usable: boolean): void {
    const { bpm, contact, battery, place } = view.state;
    const beats = typeof bpm === "number" && view.reach === "here" ? bpm : undefined;
    write(this.number, beats === undefined ? "–" : String(beats));
    write(this.unit, contact === false ? "no contact with the skin" : "beats a minute");
    write(this.more, [typeof place === "string" && `On the ${place.slice(0, 20)}`, typeof battery === "number" && `battery ${battery} %`].filter(Boolean).join(", "));
    set(this.figure, "data-beats", usable && beats !== undefined);
    this.figure.style.setProperty("--beat", `${(60 / Math.max(beats ?? 60, 20)).toFixed(2)}s`);
  }

  spoken(): string { return ""; }
}
