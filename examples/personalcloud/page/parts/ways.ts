// The panel of channels: what came through each, and the dialogs that make, show and remove them.
import type { Handle } from "@wabgo/client";
import { showChannels } from "./channels.ts";
import { attempt, by } from "./dom.ts";
import type { Cloud, Use } from "./model.ts";
import { Pane, sure } from "./panes.ts";
import { Permits } from "./permits.ts";

/** Around is what the panel needs of the page around it. */
export interface Around {
  /** What to call the other side of a link. */
  nameOf(link: string): string;
  /** Opens a link's contact. */
  open(link: string): void;
  /** The uses are new. */
  changed(): void;
  sure: Pane;
}

export class Ways {
  private uses: Use[] = [];
  private reading = false;
  private stale = false;
  private readonly pane = new Pane("channel-pane", (url) => this.tell(url));
  private readonly permits = new Permits("channel");

  constructor(private readonly cloud: Cloud & Handle, private readonly around: Around) {
    by("new-channel").addEventListener("click", () => this.make());
  }

  private get live(): boolean { return this.cloud.status.state === "live"; }

  /** of is the use of a link's channel, once it is known. */
  of(link: string): Use | undefined {
    return this.uses.find((u) => u.subscription === link);
  }

  show(): void {
    by<HTMLButtonElement>("new-channel").disabled = !this.live;
    by("no-channels").hidden = this.uses.length > 0;
    showChannels(by("channels"), this.uses, this.around.nameOf, this.cloud.clock.now(), this.live, {
      open: (u) => this.around.open(u.subscription),
      change: (u) => this.make(u),
      show: (u) => void attempt(() => this.link(u)),
      remove: (u) => void this.remove(u),
    });
  }

  /** read asks what came through the channels, one reading at a time; what changes meanwhile is read afterwards. */
  async read(): Promise<void> {
    this.stale = true;
    if (this.reading || !this.live) return;
    this.reading = true;
    try {
      while (this.stale) {
        this.stale = false;
        this.uses = await this.cloud.Channels();
        this.show();
        this.around.changed();
      }
    } catch {
      // the badge tells of a lost connection; the next change reads again
    } finally {
      this.reading = false;
    }
  }

  private make(u?: Use): void {
    const name = by<HTMLInputElement>("channel-name");
    name.value = u?.name ?? "";
    name.readOnly = u !== undefined;
    this.permits.set(u?.allow ?? []);
    for (const select of document.querySelectorAll<HTMLSelectElement>("#channel-rate, #channel-hours")) asItIs(select, u !== undefined);
    this.pane.open(u ? `Change ${u.name}` : "Make a channel", async () => {
      const allow = this.permits.read();
      if (!allow) return false;
      const value = (id: string): number => Number(by<HTMLSelectElement>(id).value);
      const url = await this.cloud.MakeChannel(name.value.trim().toLowerCase(), { allow, rate: value("channel-rate"), hours: value("channel-hours") });
      void this.read();
      return url;
    });
    (u ? this.pane.find<HTMLElement>("[name=channel-permits]:checked") : name).focus();
  }

  /** link shows a channel's link, unless another dialog was opened before it came. */
  private async link(u: Use): Promise<void> {
    const url = await this.cloud.ChannelLink(u.name);
    if (document.querySelector("dialog[open]")) return;
    this.pane.open(u.kind === "doorbell" ? "The doorbell" : u.name);
    this.pane.made(url);
    if (u.kind === "doorbell") this.tell(url, true);
  }

  /** tell says how to use the link of a channel. */
  private tell(url: string, doorbell = false): void {
    by("channel-words").textContent = doorbell
      ? "Whoever has the link can ask to connect with you. Your address leads to it."
      : "Whoever has the link can send what you allowed, until you remove the channel. An event’s domain and type are added to it:";
    by("channel-try").hidden = doorbell;
    by("channel-try").textContent = `curl -d '{"celsius":21}' -H 'Content-Type: application/json' \\\n  ${url}/none/weather/measured`;
  }

  private async remove(u: Use): Promise<void> {
    if (!(await sure(this.around.sure, `Remove ${u.name}?`, "Its link is dead at once, and stays so.", "Remove it"))) return;
    await attempt(() => this.cloud.RemoveChannel(u.name));
    void this.read();
  }
}

/** asItIs has a choice begin with what the channel has, or where it is new with the usual. */
function asItIs(select: HTMLSelectElement, known: boolean): void {
  select.options[0]!.hidden = !known;
  select.value = known ? "-1" : [...select.options].find((o) => o.defaultSelected)!.value;
}
