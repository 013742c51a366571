// The devices that people have brought, over the stage: what each is like at the moment, and a click to switch it.
import type { SharedMap, Value } from "@wabgo/client";
import { toast } from "../../../../web/ui/parts/toast.ts";
import type { Deed } from "./call.ts";
import { words } from "./dom.ts";
import type { Connected, Device } from "./meeting.ts";

/** Look is what a lamp or a sensor says of itself. */
interface Look {
  on?: boolean | null;
  colour?: string | null;
  brightness?: number | null;
  bpm?: number | null;
}

/** A device may be offered a moment before its owner's CA knows with whom it is shared. */
const tryAgain = 1_500;

class Item {
  readonly el = document.createElement("li");
  private readonly face = document.createElement("button");
  private readonly word = document.createElement("span");
  private readonly value = document.createElement("small");
  private look: Look = {};
  private map: SharedMap<Value> | undefined;
  private over = false;

  constructor(private readonly meeting: Connected, private device: Device, private readonly act: (deed: Deed) => Promise<void>) {
    this.face.type = "button";
    this.face.className = "device-face";
    this.face.dataset["profile"] = device.profile ?? "";
    this.face.dataset["device"] = device.id;
    const bulb = document.createElement("span");
    bulb.className = "bulb";
    bulb.ariaHidden = "true";
    this.face.append(bulb, this.word, this.value);
    this.el.append(this.face);
    this.face.addEventListener("click", () => void this.toggle());
    this.update(device);
    void this.follow();
  }

  update(device: Device): void {
    this.device = device;
    this.show();
  }

  /** deed shows at once what somebody does: this is the instant of the frame. What the device itself says comes after it, and counts. */
  deed(deed: Deed, method: string): void {
    const [arg] = deed.args;
    if (deed.command === "on" && typeof arg === "boolean") this.look = { ...this.look, on: arg };
    if (deed.command === "colour" && typeof arg === "string") this.look = { ...this.look, colour: arg };
    this.face.dataset["method"] = method;
    this.show();
  }

  close(): void {
    this.over = true;
    this.map?.close();
    this.el.remove();
  }

  private async follow(): Promise<void> {
    if (this.over) return;
    try {
      const map = (this.map = await this.meeting.map<Value>(`${this.device.id}-reported`));
      if (this.over) return map.close();
      map.on("change", ({ set, deleted }) => (set.has("state") || deleted.includes("state")) && this.read()); // what else it reports is no word about what was done to it just now
      map.on("state", ({ state }) => state === "ended" && this.again());
      this.read();
    } catch {
      this.again();
    }
  }

  private again(): void {
    if (!this.over) setTimeout(() => void this.follow(), tryAgain);
  }

  private read(): void {
    this.look = (this.map!.get("state") as Look | undefined) ?? {};
    this.show();
  }

  private async toggle(): Promise<void> {
    if (this.device.profile !== "lamp") return;
    try {
      await this.act({ device: this.device.id, command: "on", args: [this.look.on !== true] });
    } catch (e) {
      toast(words(e, `${this.device.name} did not answer. Try again.`), { kind: "bad" });
    }
  }

  private show(): void {
    const { name, owner, profile } = this.device;
    const lamp = profile === "lamp", on = this.look.on === true;
    const says = typeof this.look.bpm === "number" ? `${this.look.bpm} bpm` : !lamp ? "" : on ? "on" : this.look.on === false ? "off" : "…";
    this.word.textContent = name;
    this.value.textContent = says ? `${owner} · ${says}` : owner;
    this.face.disabled = !lamp;
    this.face.dataset["on"] = String(on);
    this.face.style.setProperty("--lamp", this.look.colour ?? "#ffb84d");
    this.face.title = `${name}, ${owner}’s`;
    if (lamp) this.face.setAttribute("aria-pressed", String(on));
  }
}

export class Shelf {
  private readonly items = new Map<string, Item>();
  private readonly off: () => void;

  constructor(private readonly place: HTMLElement, private readonly meeting: Connected, private readonly devices: SharedMap<Device>, private readonly act: (deed: Deed) => Promise<void>) {
    this.off = devices.on("change", () => this.show());
    this.show();
  }

  deed(deed: Deed, method: string): void {
    this.items.get(deed.device)?.deed(deed, method);
  }

  close(): void {
    this.off();
    for (const item of this.items.values()) item.close();
    this.items.clear();
  }

  private show(): void {
    for (const [id, item] of this.items) {
      if (this.devices.has(id)) continue;
      item.close();
      this.items.delete(id);
    }
    for (const [id, device] of [...this.devices].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const old = this.items.get(id);
      if (old) {
        old.update(device);
        continue;
      }
      const item = new Item(this.meeting, device, this.act);
      this.items.set(id, item);
      this.place.append(item.el);
    }
  }
}
