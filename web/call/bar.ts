/** The bar: what one does in a call. */
import type { Call } from "./call.ts";
import { button, h, repaint, set } from "./dom.ts";

/** What the bar asks of the layer. */
export interface BarActs {
  toggle(source: "camera" | "mic" | "screen"): void;
  more(): void;
  leave(): void;
}

/** Keys that work anywhere on the page. They need two modifiers, because the app behind has keys of its own. */
export const keys = { mic: "M", camera: "V", screen: "S", captions: "C", tiles: "T", leave: "L" } as const;

const keysOf = (what: keyof typeof keys): { [name: string]: string } => ({ "data-keys": `Alt+Shift+${keys[what]}`, "aria-keyshortcuts": `Alt+Shift+${keys[what]}` });

export class Bar {
  readonly el: HTMLElement;
  readonly more: HTMLButtonElement;
  private readonly mic: HTMLButtonElement;
  private readonly camera: HTMLButtonElement;
  private readonly screen: HTMLButtonElement;
  private readonly watching = h("span", { class: "watching" }, "Watching");

  constructor(acts: BarActs) {
    this.mic = button("mic", "Microphone", () => acts.toggle("mic"), keysOf("mic"));
    this.camera = button("camera", "Camera", () => acts.toggle("camera"), keysOf("camera"));
    this.screen = button("screen", "Share your screen", () => acts.toggle("screen"), keysOf("screen"));
    this.more = button("more", "Devices and more", acts.more, { "aria-expanded": "false", "aria-haspopup": "dialog" });
    const leave = button("leave", "Leave the call", acts.leave, { class: "leave", ...keysOf("leave") });
    this.el = h("div", { class: "bar", role: "toolbar", "aria-label": "Call controls" }, this.watching, this.mic, this.camera, this.screen, this.more, leave);
    this.el.addEventListener("keydown", (e) => this.walk(e));
  }

  show(call: Call): void {
    const publish = call.may.has("publish"), share = call.may.has("share") && "getDisplayMedia" in (navigator.mediaDevices ?? {});
    this.watching.hidden = publish || share;
    this.mic.hidden = this.camera.hidden = !publish;
    this.screen.hidden = !share;
    paint(this.mic, call, "mic", ["Turn the microphone off", "Turn the microphone on"]);
    paint(this.camera, call, "camera", ["Turn the camera off", "Turn the camera on"]);
    const sharing = call.isOn("screen");
    set(this.screen, "data-on", sharing);
    repaint(this.screen, sharing ? "screen-off" : "screen", sharing ? "Stop sharing your screen" : "Share your screen");
  }

  /** walk goes through the bar by arrows, as in toolbars. */
  private walk(e: KeyboardEvent): void {
    const all = [...this.el.querySelectorAll("button")].filter((b) => !b.hidden);
    const at = all.indexOf(e.target as HTMLButtonElement);
    const to = e.key === "ArrowRight" ? at + 1 : e.key === "ArrowLeft" ? at - 1 : e.key === "Home" ? 0 : e.key === "End" ? all.length - 1 : undefined;
    if (at < 0 || to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    all[(to + all.length) % all.length]?.focus();
  }
}

function paint(b: HTMLButtonElement, call: Call, source: "mic" | "camera", [off, on]: [string, string]): void {
  const is = call.isOn(source);
  set(b, "data-off", !is);
  set(b, "data-busy", is && !call.track(source));
  repaint(b, is ? source : `${source}-off`, is ? off : on);
}
