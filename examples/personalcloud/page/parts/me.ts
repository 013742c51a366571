// The owner's own card, address and switches.
import { setLink } from "../../../../web/ui/parts/copy.ts";
import { Pending } from "../../../../web/ui/parts/pending.ts";
import { attempt, by, showFacts } from "./dom.ts";
import { colourOf, showFace } from "./face.ts";
import type { Card, Cloud } from "./model.ts";
import { Pane } from "./panes.ts";
import { meetingLink } from "./target.ts";

const fields = ["name", "phone", "email", "about"] as const;

export class Me {
  private card: Card = {};
  private address = "";
  private settings: ReadonlyMap<string, unknown> = new Map();
  private readonly pending = new Pending<string>(); // switches, by their ids
  private readonly edit = new Pane("edit-pane");
  private readonly share = new Pane("share-pane");

  constructor(private readonly owner: string, private readonly cloud: Cloud, private readonly saved: () => void) {
    by("edit").addEventListener("click", () => this.change());
    by("share").addEventListener("click", () => this.show());
    for (const [id, set] of [["found", (on: boolean) => this.cloud.BeFound(on)], ["listed", (on: boolean) => this.cloud.BeListed(on)]] as const) {
      const box = by<HTMLInputElement>(id);
      box.addEventListener("change", () => void this.turn(box, set(box.checked)));
    }
  }

  private async turn(box: HTMLInputElement, answer: Promise<unknown>): Promise<void> {
    const done = await attempt(() => this.pending.wait(box.id, answer));
    if (!done && !this.pending.has(box.id)) box.checked = this.settings.get(box.id) === true;
  }

  online(live: boolean): void {
    for (const id of ["edit", "share", "invite"]) by<HTMLButtonElement>(id).disabled = !live;
    for (const id of ["found", "listed"]) by<HTMLInputElement>(id).disabled = !live;
  }

  showCard(card: Card, reach: string): void {
    this.card = card;
    showFace(by("me-face"), card, this.address || this.owner);
    by("me-name").textContent = card["name"] || this.owner;
    showFacts(by("me-facts"), [["Phone", card["phone"] || "–"], ["E-mail", card["email"] || "–"], ["About", card["about"] || "–"]]);
    by("me-reach").textContent = reach;
  }

  showSettings(settings: ReadonlyMap<string, unknown>): void {
    this.settings = settings;
    this.address = String(settings.get("address") ?? "");
    by("me-address").textContent = this.address;
    setLink(by("address").closest<HTMLElement>("[data-copy]")!, this.address);
    for (const id of ["found", "listed"]) if (!this.pending.has(id)) by<HTMLInputElement>(id).checked = settings.get(id) === true;
  }

  private change(): void {
    const form = this.edit.form!;
    const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
    for (const name of fields) field(name).value = this.card[name] ?? "";
    const colour = colourOf(this.card, this.address);
    for (const r of form.querySelectorAll<HTMLInputElement>("[name=colour]")) r.checked = r.value === colour;
    this.edit.open("", async () => {
      const colour = form.querySelector<HTMLInputElement>("[name=colour]:checked")?.value ?? "";
      await this.cloud.SetProfile({ ...Object.fromEntries(fields.map((name) => [name, field(name).value.trim()])), colour });
      this.saved();
    });
    field("name").focus();
  }

  private show(): void {
    this.share.open(this.address);
    this.share.link(meetingLink(location.origin + location.pathname, this.address));
  }
}
