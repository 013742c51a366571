/** The transparent layer over a page: it shows one call, and lets everything through but its tiles and controls. */
import { Bar, keys } from "./bar.ts";
import type { Call } from "./call.ts";
import { type Caption, Captions } from "./captions.ts";
import { Cutout } from "./cutout.ts";
import { h, set } from "./dom.ts";
import { Fault } from "./fault.ts";
import { Idle } from "./idle.ts";
import type { Reason } from "./line.ts";
import { Notes } from "./notes.ts";
import { Panel } from "./panel.ts";
import type { Mode } from "./signal.ts";
import { Sound } from "./sound.ts";
import { Stage } from "./stage.ts";
import { style } from "./styles.ts";
import { nameOf, stateWords } from "./words.ts";

/** What the layer asks of its element. */
export interface LayerActs {
  leave(): void;
  again(): void;
  /** captions were switched on or off by the person. */
  captions(on: boolean): void;
}

/** After so long without media, ms, more is said than that we are connecting. */
const quiet = 8_000;

export class Layer {
  readonly notes = new Notes();
  readonly captions = new Captions();
  cutout: Cutout | undefined;
  private readonly layer = h("section", { class: "layer", "aria-label": "Call", "data-mode": "gallery" });
  private readonly state = h("div", { class: "state", role: "status" });
  private readonly said = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  private readonly stage = new Stage(this.layer, () => this.moved());
  private readonly bar = new Bar({ toggle: (s) => this.toggle(s), more: () => this.more(), leave: () => this.acts.leave() });
  private readonly panel = new Panel({
    choose: (kind, id) => this.choose(kind, id), captions: (on) => this.caption(on), dock: () => this.stage.dock(), close: () => this.closePanel(),
  });
  private readonly sound = new Sound(() => this.notes.show("sound", { text: "Your browser keeps the sound off until you say so.", act: { label: "Hear the others", run: () => this.sound.resume() } }));
  private readonly idle: Idle;
  private readonly undo: (() => void)[] = [];
  private call: Call | undefined;
  private muted = false; // by the host
  private quieter: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, root: ShadowRoot, private readonly acts: LayerActs) {
    const sheet = new CSSStyleSheet(); // a style element would need the page's leave
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const side = h("div", { class: "side" }, this.stage.el, this.bar.el);
    this.layer.append(this.state, side, this.panel.el, this.notes.el, this.captions.el, this.said);
    root.append(this.layer);
    this.captions.el.hidden = true;
    this.idle = new Idle(host, () => [this.bar.el, this.stage.el], (idle) => set(this.layer, "data-idle", idle), () => this.panel.open || this.call?.state !== "live");
    const onKey = (e: KeyboardEvent): void => this.key(e);
    window.addEventListener("keydown", onKey);
    this.undo.push(() => window.removeEventListener("keydown", onKey));
    this.bar.el.hidden = this.stage.el.hidden = true;
  }

  /** show shows a call from now on. */
  show(call: Call): void {
    this.hide();
    this.call = call;
    call.video = (member, source) => this.stage.video(member, source);
    const sync = (): void => this.sync();
    this.undoCall = [
      call.on("people", sync), call.on("local", sync), call.on("may", sync),
      call.on("stream", ({ member, source, track }, there) => {
        if (track.kind === "audio") there ? this.sound.add(`${member}/${source}`, track) : this.sound.remove(`${member}/${source}`);
        sync();
      }),
      call.on("joined", (p) => call.state === "live" && this.say(`${nameOf(p)} has joined.`)),
      call.on("left", (p) => call.state === "live" && this.say(`${nameOf(p)} has left.`)),
      call.on("levels", (levels, active) => this.stage.levels(levels, active)),
      call.on("mode", (mode) => this.mode(mode)),
      call.on("fault", (fault) => this.fault(fault)),
      call.on("state", (state, reason) => this.turn(state, reason)),
      call.onDevices(() => this.panel.open && void this.panel.refresh(call)),
    ];
    this.mode(call.mode);
    this.sync();
  }

  /** tell shows that something is the matter before there is a call. */
  turn(state: Call["state"], reason?: Reason): void {
    clearTimeout(this.quieter);
    const over = state === "refused" || state === "ended";
    this.tell(state, reason, false);
    if (state === "connecting") this.quieter = setTimeout(() => this.call?.me && this.tell(state, reason, true), quiet);
    this.bar.el.hidden = over || !this.call;
    if (over) this.end();
    this.idle.wake();
    this.sync();
  }

  /** say tells those who listen to a screen reader. */
  say(text: string): void {
    this.said.append(h("p", {}, text));
    while (this.said.children.length > 3) this.said.firstElementChild!.remove();
  }

  /** speak shows a caption, if captions are on. */
  speak(caption: Caption): void { this.captions.say(caption); }

  get captioned(): boolean { return !this.captions.el.hidden; }

  /** caption switches captions on or off. */
  caption(on: boolean): void {
    if (on === this.captioned) return;
    this.captions.el.hidden = !on;
    if (!on) this.captions.clear();
    this.acts.captions(on);
  }

  /** hide shows nothing. */
  hide(): void {
    for (const off of this.undoCall) off();
    this.undoCall = [];
    this.call = undefined;
    this.muted = false;
    this.end();
    this.notes.clear();
    this.state.replaceChildren();
  }

  close(): void {
    this.hide();
    clearTimeout(this.quieter);
    this.idle.close();
    for (const off of this.undo) off();
    this.layer.remove();
  }

  private undoCall: (() => void)[] = [];

  private end(): void {
    this.stage.clear();
    this.stage.el.hidden = true;
    this.sound.close();
    this.cutout?.close();
    this.cutout = undefined;
    this.closePanel();
    this.bar.el.hidden = true;
  }

  private tell(state: Call["state"], reason: Reason | undefined, quietly: boolean): void {
    this.state.dataset["state"] = state;
    const words = stateWords(state, reason, quietly);
    this.state.replaceChildren(...(words ? [h("span", {}, words)] : []));
    this.state.hidden = words === "";
    if (state !== "refused" && state !== "ended") return;
    const again = h("button", { type: "button", class: "act" }, state === "refused" ? "Try again" : "Come back");
    again.addEventListener("click", () => this.acts.again());
    this.state.append(again);
  }

  private sync(): void {
    const { call } = this;
    if (!call || call.state === "refused" || call.state === "ended") return;
    this.stage.sync(call);
    this.bar.show(call);
    this.bar.el.hidden = call.me === "";
    this.hush(call.people.find((p) => p.member === call.me)?.sources.some((s) => s.muted) ?? false);
  }

  /** hush tells when the host has muted us, and when no longer. */
  private hush(muted: boolean): void {
    if (muted === this.muted) return;
    this.muted = muted;
    if (muted) this.notes.show("muted", { text: "The host has muted you: the others don’t hear or see it until the host lets you again." });
    else this.notes.hide("muted");
  }

  private moved(): void {
    this.cutout?.sync(this.stage.cameras);
  }

  private mode(mode: Mode): void {
    this.layer.dataset["mode"] = mode;
    this.cutout?.close();
    this.notes.hide("cutout");
    this.cutout = mode === "cutout" ? new Cutout(() => this.tooSlow()) : undefined;
    this.moved();
  }

  private tooSlow(): void {
    this.layer.dataset["mode"] = "gallery";
    this.notes.show("cutout", { text: "This computer is too slow to cut people out of their pictures. You see them in tiles." });
  }

  private toggle(source: "camera" | "mic" | "screen"): void {
    const { call } = this;
    this.notes.hide(source);
    call?.[source](!call.isOn(source)).catch((fault: Fault) => call.report(fault));
  }

  private choose(kind: "camera" | "mic" | "speaker", id: string): void {
    if (kind === "speaker") return void this.sound.choose(id);
    this.call?.choose(kind, id).catch((fault: Fault) => this.call?.report(fault));
  }

  private fault(fault: Fault | Reason): void {
    if (!(fault instanceof Fault)) return this.notes.show(fault.code, { text: fault.message });
    const { source, kind, message } = fault;
    if (kind === "cancelled") return this.say(message);
    const again = (source === "camera" || source === "mic") && kind !== "forbidden" && kind !== "insecure";
    this.notes.show(source, { text: message, ...(again && { act: { label: "Try again", run: () => this.toggle(source) } }) });
  }

  private more(): void {
    if (this.panel.open) return this.closePanel();
    this.bar.more.setAttribute("aria-expanded", "true");
    if (this.call) void this.panel.show(this.call, this.captioned, this.stage.moved);
  }

  private closePanel(): void {
    if (!this.panel.open) return;
    this.panel.hide();
    this.bar.more.setAttribute("aria-expanded", "false");
    this.bar.more.focus();
  }

  private key(e: KeyboardEvent): void {
    if (!e.altKey || !e.shiftKey || e.ctrlKey || e.metaKey || !this.call || this.bar.el.hidden) return;
    const what = (Object.keys(keys) as (keyof typeof keys)[]).find((k) => e.code === `Key${keys[k]}`);
    if (!what) return;
    e.preventDefault();
    this.idle.wake();
    switch (what) {
      case "leave": return this.acts.leave();
      case "tiles": return this.stage.focus();
      case "captions": return this.caption(!this.captioned);
      case "screen": return this.call.may.has("share") ? this.toggle(what) : undefined;
      default: return this.call.may.has("publish") ? this.toggle(what) : undefined;
    }
  }
}
