// What this tab has brought: devices nearby, or virtual ones, shared from one's own CA with the people of the meeting.
import { connect, type Handle } from "@wabgo/client";
import type { Driver, SharedDevice } from "../../../../web/bluetooth/bluetooth.ts";
import { toast } from "../../../../web/ui/parts/toast.ts";
import type { Layer } from "./call.ts";
import { button, by, row, say, words } from "./dom.ts";
import type { Connected, Device, Names } from "./meeting.ts";
import type { SharedMap } from "@wabgo/client";

const bluetooth = (): Promise<typeof import("../../../../web/bluetooth/bluetooth.ts")> => import("@wabgo/client/bluetooth");

/** What can be brought: by its word, how it is found, and what it is called. */
type Source = { text: string; base: string; title: string; find: () => Promise<{ driver?: Driver; device?: BluetoothDeviceOf; profile?: string } | undefined> };
type BluetoothDeviceOf = NonNullable<Awaited<ReturnType<(typeof import("../../../../web/bluetooth/bluetooth.ts"))["choose"]>>>;

export class Bring {
  private own: Promise<Handle> | undefined;
  private readonly shared = new Map<string, SharedDevice>(); // by id in the meeting
  private readonly ending = new AbortController();
  private readonly off: () => void;
  private member = "";

  constructor(private readonly meeting: Connected, private readonly names: Names, private readonly devices: SharedMap<Device>, private readonly layer: () => Layer | undefined) {
    const sources: Source[] = [
      { text: "Virtual lamp", base: "lamp", title: `${names.me}’s lamp`, find: async () => ({ driver: (await bluetooth()).virtualLamp(), profile: "lamp" }) },
      { text: "Virtual heart sensor", base: "heart", title: `${names.me}’s heart`, find: async () => ({ driver: (await bluetooth()).virtualHeart(), profile: "heart-rate" }) },
      { text: "Bluetooth lamp …", base: "lamp", title: "", find: () => nearby("lamp") },
      { text: "Bluetooth heart sensor …", base: "heart", title: "", find: () => nearby("heartRate") },
      { text: "Any Bluetooth device …", base: "device", title: "", find: () => nearby("anything") },
    ];
    by("devices-add").replaceChildren(...sources.map((s) => button(s.text, "", () => void this.bring(s))));
    this.off = devices.on("change", () => this.show());
    this.show();
    void bluetooth(); // a click must find it loaded: the browser's own list needs one
  }

  /** stay offers what was brought again where the tab is somebody else in the call than before. */
  stay(): void {
    const layer = this.layer();
    if (!layer?.me || layer.me === this.member) return;
    this.member = layer.me;
    for (const [id, d] of this.shared) {
      d.timeline = layer.timeline as never;
      void this.offer(id, d).catch(() => undefined);
    }
  }

  close(): void {
    this.off();
    this.ending.abort();
    void this.own?.then((own) => own.close(), () => undefined);
  }

  private async bring(source: Source): Promise<void> {
    const layer = this.layer();
    if (!layer?.me) return void toast("Join the call first: what you bring goes with you.");
    this.member = layer.me;
    try {
      const found = await source.find();
      if (!found) return;
      const own = await (this.own ??= connect({ app: "hellowab", ca: `${this.names.me}/home`, owner: this.names.me }));
      const name = this.free(source.base);
      const group = `${this.names.ca}`;
      const shared = await (await bluetooth()).share(own, {
        ...found, name, title: source.title || undefined!, with: [`group:${group}/people`, group], may: ["read", "write", "notify"], timeline: layer.timeline as never, signal: this.ending.signal,
      });
      const id = `${this.names.me}/home/${name}`;
      this.shared.set(id, shared);
      void shared.ended.then((why) => this.gone(id, shared, why));
      await this.offer(id, shared);
      say(`${shared.title} is here.`);
    } catch (e) {
      toast(words(e, "That device can’t be brought. Try again."), { kind: "bad" });
    }
  }

  private offer(id: string, shared: SharedDevice): Promise<unknown> {
    return this.meeting.Offer(id, shared.title, shared.profile.name, this.member);
  }

  /** gone withdraws what has ended, unless the tab leaves with it anyway. */
  private gone(id: string, shared: SharedDevice, why: Error | undefined): void {
    this.shared.delete(id);
    if (this.ending.signal.aborted) return;
    if (why) toast(words(why, `${shared.title} is gone.`), { kind: "bad" });
    void this.meeting.Withdraw(id).catch(() => undefined);
    this.show();
  }

  /** free is a name that nothing of ours has in this meeting: names are kept, for a CA knows its devices by them. */
  private free(base: string): string {
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}-${n}`;
      if (!this.devices.has(`${this.names.me}/home/${name}`)) return name;
    }
  }

  private show(): void {
    const rows = [...this.devices].map(([id, d]) => {
      const mine = this.shared.get(id);
      const what = d.profile && d.profile !== d.name ? `${d.name} · ${d.profile}` : d.name;
      if (mine) return row(`${what} · shared with everybody here`, button("Take away", d.name, () => void mine.close(), "quiet"));
      const may = this.names.hosting || d.owner === this.names.me;
      return may ? row(`${what} · ${d.owner}’s`, button("Take away", d.name, () => void this.meeting.Withdraw(id), "quiet")) : row(`${what} · ${d.owner}’s`);
    });
    by("devices-list").replaceChildren(...(rows.length > 0 ? rows : [row("Nobody has brought a device yet. A virtual lamp is there in a second.")]));
  }
}

/** nearby has the browser show its list, and says why where it can't. */
async function nearby(kind: "lamp" | "heartRate" | "anything"): Promise<{ device: BluetoothDeviceOf } | undefined> {
  const b = await bluetooth();
  const why = b.whyNot();
  if (why) throw why;
  const device = await b.choose(b[kind]);
  return device && { device };
}
