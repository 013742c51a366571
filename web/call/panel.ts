/** Devices, captions, and the keys: the panel behind the bar's last sign. */
import { keys } from "./bar.ts";
import type { Call } from "./call.ts";
import { button, h } from "./dom.ts";
import { type Devices, recall } from "./local.ts";

export interface PanelActs {
  choose(kind: "camera" | "mic" | "speaker", deviceId: string): void;
  captions(on: boolean): void;
  dock(): void;
  close(): void;
}

const kinds = [["camera", "Camera", "cameras"], ["mic", "Microphone", "mics"], ["speaker", "Speaker", "speakers"]] as const;

export class Panel {
  readonly el: HTMLElement;
  private readonly selects = new Map<string, HTMLSelectElement>();
  private readonly captions = h("input", { type: "checkbox" });
  private readonly back: HTMLButtonElement;

  constructor(private readonly acts: PanelActs) {
    const close = button("close", "Close", acts.close);
    this.back = h("button", { type: "button", class: "act" }, "Put the tiles back");
    this.back.addEventListener("click", acts.dock);
    this.captions.addEventListener("change", () => acts.captions(this.captions.checked));
    this.el = h("div", { class: "panel", role: "dialog", "aria-label": "Devices and more", hidden: true },
      h("header", {}, h("h2", {}, "Devices and more"), close),
      ...kinds.map(([kind, label]) => this.select(kind, label)),
      h("label", { class: "check" }, this.captions, "Captions"), this.back,
      h("dl", { "aria-label": "Keys" }, ...keyRows()));
    this.el.addEventListener("keydown", (e) => {
      if (e.key !== "Escape") return;
      e.stopPropagation();
      acts.close();
    });
  }

  get open(): boolean { return !this.el.hidden; }

  /** show opens the panel, and puts the focus into it. */
  async show(call: Call, captions: boolean, moved: boolean): Promise<void> {
    this.captions.checked = captions;
    this.back.hidden = !moved;
    this.el.hidden = false;
    this.el.querySelector("button")?.focus();
    await this.refresh(call);
  }

  hide(): void { this.el.hidden = true; }

  /** refresh lists the devices there are. */
  async refresh(call: Call): Promise<void> {
    const devices = await call.devices();
    for (const [kind, label, list] of kinds) this.fill(kind, label, devices[list], call);
  }

  private select(kind: "camera" | "mic" | "speaker", label: string): HTMLElement {
    const s = h("select");
    s.addEventListener("change", () => this.acts.choose(kind, s.value));
    this.selects.set(kind, s);
    return h("label", {}, label, s);
  }

  private fill(kind: "camera" | "mic" | "speaker", label: string, list: Devices["cameras"], call: Call): void {
    const s = this.selects.get(kind)!;
    s.parentElement!.hidden = list.length === 0 || (kind !== "speaker" && !call.may.has("publish"));
    const now = kind === "speaker" ? recall(kind) : call.track(kind)?.getSettings().deviceId ?? recall(kind);
    s.replaceChildren(...list.map((d, i) => {
      const o = h("option", { value: d.deviceId }, d.label || `${label} ${i + 1}`);
      o.selected = d.deviceId === now;
      return o;
    }));
  }
}

function keyRows(): HTMLElement[] {
  const rows: [keyof typeof keys, string][] = [["mic", "Microphone"], ["camera", "Camera"], ["screen", "Screen"], ["captions", "Captions"], ["tiles", "To the tiles"], ["leave", "Leave"]];
  return rows.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, `Alt+Shift+${keys[key]}`)), h("dd", {}, what)]);
}
