// What people have brought: <wab-devices>, with one's own CA for what this tab brings, shared with the people of the meeting.
import { connect, type Handle, type SharedMap, type Value, WabError } from "@wabgo/client";
import type { WabDevices } from "../../../../web/bluetooth/bluetooth.ts";
import { toast } from "../../../../web/ui/parts/toast.ts";
import type { Deed, Layer } from "./call.ts";
import { button, by, row, words } from "./dom.ts";
import type { Connected, Device, Names } from "./meeting.ts";

const app = "hellowab:";

/** Shared is a device of this tab, as <wab-devices> tells of it. */
interface Shared {
  device: string; // app:owner/local/device
  name: string;
  profile?: string;
}

export class Bring {
  private own: Handle | undefined;
  private panel: WabDevices | undefined;
  private readonly brought = new Map<string, Shared>(); // by id in the meeting
  private readonly ending = new AbortController();
  private readonly off: () => void;
  private member = "";

  constructor(private readonly meeting: Connected, private readonly names: Names, private readonly devices: SharedMap<Device>, private readonly layer: () => Layer | undefined, private readonly act: (deed: Deed) => Promise<void>) {
    this.off = devices.on("change", () => this.list());
    this.list();
  }

  /** open makes the panel. What is brought lives in one's own CA, home. */
  async open(): Promise<void> {
    await import("@wabgo/client/bluetooth");
    const own = await connect({ app: "hellowab", ca: `${this.names.me}/home`, owner: this.names.me });
    if (this.ending.signal.aborted) return own.close();
    this.own = own;
    const panel = (this.panel = document.createElement("wab-devices"));
    panel.setAttribute("heading", "Here");
    panel.setAttribute("with", `group:${this.names.ca}/people ${this.names.ca}`);
    panel.signal = this.ending.signal;
    panel.act = (device, command, args) => this.act({ device: idOf(device), command, args: [...args] });
    panel.connection = own;
    panel.listed = this.devices as unknown as SharedMap<Value>;
    panel.addEventListener("wab-shared", (e) => this.offer((e as CustomEvent<Shared>).detail));
    panel.addEventListener("wab-unshared", (e) => this.withdraw((e as CustomEvent<Shared>).detail));
    by("devices-panel").replaceChildren(panel);
    this.stay();
  }

  /** stay offers what was brought again where this tab is somebody else in the call than before. */
  stay(): void {
    const layer = this.layer();
    if (!layer?.me || layer.me === this.member) return;
    this.member = layer.me;
    if (this.panel) this.panel.timeline = layer.timeline as never;
    for (const shared of this.brought.values()) this.offer(shared);
  }

  close(): void {
    this.off();
    this.ending.abort();
    this.panel?.remove();
    this.own?.close();
  }

  private offer(shared: Shared): void {
    this.brought.set(idOf(shared.device), shared);
    if (!this.member) return void toast("The others see it as soon as you are in the call.");
    this.meeting.Offer(idOf(shared.device), shared.name, shared.profile ?? "", this.member).catch((e: unknown) => toast(words(e, `${shared.name} can’t be brought.`), { kind: "bad" }));
  }

  /** withdraw takes away what has ended, unless the tab leaves with it anyway. */
  private withdraw({ device }: Shared): void {
    this.brought.delete(idOf(device));
    if (!this.ending.signal.aborted) this.meeting.Withdraw(idOf(device)).catch((e: unknown) => e instanceof WabError || console.error(e));
  }

  /** list lets the host take others' devices away. */
  private list(): void {
    if (!this.names.hosting) return;
    const others = [...this.devices].filter(([, d]) => d.owner !== this.names.me);
    by("devices-list").replaceChildren(...others.map(([id, d]) => row(`${d.name}, ${d.owner}’s`, button("Take away", d.name, () => void this.meeting.Withdraw(id), "quiet"))));
  }
}

/** idOf is a device as the meeting names it: of its own app. */
const idOf = (device: string): string => (device.startsWith(app) ? device.slice(app.length) : device);
