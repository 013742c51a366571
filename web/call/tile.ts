/** One tile: what somebody shows, or their initials, with their name. */
import { h, picture, set } from "./dom.ts";
import { Movable } from "./drag.ts";
import type { Source } from "./signal.ts";
import { hueOf, initialsOf, tileKeys, tileWords } from "./words.ts";

/** Look is all that a tile shows. */
export interface Look {
  readonly name: string;
  readonly principal: string;
  readonly source: Source;
  readonly self: boolean;
  readonly track: MediaStreamTrack | undefined;
  /** The microphone is on. */
  readonly heard: boolean;
}

export class Tile {
  readonly el: HTMLElement;
  readonly video = h("video", { autoplay: true, playsinline: true, muted: true, "aria-hidden": "true" });
  readonly canvas = h("canvas", { "aria-hidden": "true" });
  readonly movable: Movable;
  private readonly face = h("div", { class: "face", "aria-hidden": "true" }, h("span"));
  private readonly name = h("div", { class: "name", "aria-hidden": "true" });
  private look: Look | undefined;

  constructor(readonly member: string, readonly source: Source, layer: HTMLElement, moved: () => void) {
    const grip = h("div", { class: "grip", "aria-hidden": "true" });
    grip.append(picture("grip"));
    this.video.muted = true; // the attribute counts only where the parser made the element; sound comes from elsewhere
    this.el = h("li", { class: "tile", tabindex: 0, "data-member": member, "data-source": source }, this.video, this.canvas, this.face, this.name, grip);
    this.el.setAttribute("aria-description", tileKeys);
    this.movable = new Movable(this.el, layer, moved);
  }

  /** show brings the tile up to date. */
  show(look: Look): void {
    const before = this.look;
    this.look = look;
    const seen = look.track !== undefined;
    set(this.el, "data-self", look.self);
    this.el.setAttribute("aria-label", tileWords(look.name, look.source, look.self, seen, look.heard));
    this.face.hidden = seen;
    this.video.hidden = !seen;
    if (look.track !== before?.track) this.video.srcObject = look.track ? new MediaStream([look.track]) : null;
    this.face.firstElementChild!.textContent = initialsOf(look.name);
    this.face.style.setProperty("--hue", String(hueOf(look.principal)));
    this.label(look);
  }

  /** showing tells whether there is a picture. */
  get showing(): boolean { return this.look?.track !== undefined; }

  speak(speaking: boolean): void { set(this.el, "data-speaking", speaking); }

  remove(): void {
    this.video.srcObject = null;
    this.el.remove();
  }

  private label({ name, self, source, heard }: Look): void {
    const text = source === "screen" ? (self ? "Your screen" : `${name}’s screen`) : self ? "You" : name;
    const muted = !heard && source === "camera";
    this.name.replaceChildren(...(muted ? [picture("mic-off")] : []), h("span", {}, text));
    this.name.classList.toggle("quiet", muted && self);
  }
}
