// Inside a meeting: its maps, the stage that follows the host's choice, and the panels.
import { toast } from "../../../../web/ui/parts/toast.ts";
import { apps, titleOf } from "./apps.ts";
import { Bring } from "./bring.ts";
import { type Deed, Layer } from "./call.ts";
import { by, count, ownerOf, say, words } from "./dom.ts";
import { Door } from "./door.ts";
import { type Background, closeMaps, type Connected, type Maps, type Names, openMaps } from "./meeting.ts";
import { Owners } from "./owners.ts";
import { Panels } from "./panels.ts";
import { People } from "./people.ts";
import { Picker } from "./picker.ts";
import { Shelf } from "./shelf.ts";
import type { Stage } from "./stage.ts";

let panels: Panels | undefined;
let onPanel: (id: string) => void = () => undefined;

export class Inside {
  private readonly picker: Picker | undefined; // the host's
  private readonly people: People;
  private readonly owners: Owners;
  private readonly shelf: Shelf;
  private readonly bring: Bring;
  private layer: Layer | undefined;
  private over = false;

  private constructor(private readonly meeting: Connected, private readonly names: Names, private readonly maps: Maps, private readonly stage: Stage, out: () => void) {
    this.picker = names.hosting ? new Picker(meeting, names, () => panels?.isOpen("background") && panels.shut()) : undefined;
    this.people = new People(meeting, names, maps);
    this.owners = new Owners(names);
    const act = (deed: Deed): Promise<void> => this.layer?.act(deed) ?? this.owners.act(deed);
    this.shelf = new Shelf(by("shelf"), meeting, maps.devices, act);
    this.bring = new Bring(meeting, names, maps.devices, () => this.layer, act);
    onPanel = (id) => this.opened(id);
    panels ??= new Panels((id) => onPanel(id));
    by("tools").hidden = false;
    maps.about.on("change", () => this.follow());
    maps.devices.on("change", () => this.counted());
    maps.about.on("state", ({ state, reason }) => state === "ended" && !this.over && reason && out());
    let open = maps.room.has("open");
    maps.room.on("change", () => {
      if (!open && maps.room.has("open")) this.layer?.again();
      open = maps.room.has("open");
    });
    if (maps.knocks) new Door(meeting, maps.knocks);
    if (names.hosting) this.host();
    this.follow();
    this.counted();
  }

  /** open goes in. It rejects with not_allowed for who may not. */
  static async open(meeting: Connected, names: Names, stage: Stage, out: () => void): Promise<Inside> {
    const inside = new Inside(meeting, names, await openMaps(meeting, names), stage, out);
    await inside.begin();
    return inside;
  }

  /** begin puts something on the stage of a new meeting. */
  private async begin(): Promise<void> {
    void this.join();
    void this.bring.open().catch((e: unknown) => toast(words(e, "Devices can’t be brought at the moment."), { kind: "bad" }));
    if (!this.picker || this.maps.about.has("background")) return;
    const first = (await apps()).find((a) => a.name === "whiteboard");
    if (first) await this.picker.set(first.name, this.names.ca).catch((e: unknown) => toast(words(e, `${first.title} can’t be shown at the moment.`), { kind: "bad" }));
  }

  /** join opens the call over the stage. */
  private async join(): Promise<void> {
    const layer = await Layer.open(by("layer"), this.meeting, this.names, this.owners, {
      people: (present) => this.people.inCall(present),
      state: () => this.bring.stay(),
      deed: (deed, by) => {
        this.shelf.deed(deed, by.outcome.method);
        say(`${by.principal ? ownerOf(by.principal) : "Somebody"} switches ${this.maps.devices.get(deed.device)?.name ?? "a device"}.`);
      },
    });
    if (this.over) layer.close();
    else this.layer = layer;
    this.bring.stay();
  }

  close(): void {
    this.over = true;
    this.bring.close();
    this.shelf.close();
    this.layer?.close();
    this.owners.close();
    closeMaps(this.maps);
    this.people.close();
    panels?.shut();
    by("tools").hidden = true;
    this.stage.show(this.names.me, undefined, "");
    this.stage.say("");
  }

  private background(): Background | undefined {
    return this.maps.about.get("background") as Background | undefined;
  }

  /** follow shows what the host has chosen. */
  private follow(): void {
    const shown = this.background();
    by<HTMLInputElement>("open-door").checked = this.maps.about.get("door") === "open";
    const who = this.names.hosting ? "You choose" : `${this.names.host} chooses`;
    if (!shown) {
      this.stage.show(this.names.me, undefined, "");
      this.stage.say(this.names.hosting ? "Nothing is shown. Choose a background for all of you." : `${who} what is shown here.`);
      by("background-line").textContent = `${who} what is shown here.`;
      return;
    }
    void titleOf(shown.app).then((title) => {
      if (this.over || this.background()?.app !== shown.app) return;
      by("background-line").textContent = `${title}, ${shown.ca.includes("/") ? `${shown.ca}, the same for all` : "everybody’s own"}. ${who} it; each of you uses it under your own name.`;
      this.stage.show(this.names.me, shown, title);
    });
  }

  private counted(): void {
    count(by("devices-button"), this.maps.devices.size);
  }

  private opened(id: string): void {
    if (id === "background") void this.picker?.fill(this.background());
    if (id === "people") this.people.fill();
  }

  /** host wires what the host alone has. */
  private host(): void {
    const door = by<HTMLInputElement>("open-door");
    door.onchange = () => void this.meeting.Door(door.checked).then(
      () => say(door.checked ? "Whoever has the link comes right in." : "Whoever comes knocks."),
      (e: unknown) => {
        toast(words(e, "That did not work. Try again."), { kind: "bad" });
        this.follow();
      },
    );
  }
}
