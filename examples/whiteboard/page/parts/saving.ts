// What has become of one's changes: saving, saved, or waiting for the connection. Nothing is said before the first change.

/** A quick save isn't worth a flicker, in ms. */
const patience = 500;

export class Saving {
  private open = 0;
  private live = true;
  private bad = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly place: HTMLElement) {}

  /** changed tells how many changes the server hasn't confirmed. */
  changed(open: number): void {
    if (open === this.open) return;
    const began = this.open === 0;
    if (began) this.bad = false;
    this.open = open;
    if (open === 0 || !this.live || !began) return this.say();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(), patience);
  }

  /** failed tells that changes were refused. */
  failed(): void {
    this.bad = true;
    if (this.open === 0) this.say();
  }

  /** online tells whether changes can reach the server. */
  online(live: boolean): void {
    this.live = live;
    if (this.open > 0) this.say();
  }

  private say(): void {
    if (this.open === 0) {
      clearTimeout(this.timer);
      return this.bad ? this.put("failed", "Not saved") : this.put("saved", "Saved");
    }
    const changes = this.open === 1 ? "1 change" : `${this.open} changes`;
    if (!this.live) return this.put("waiting", `${changes} kept here`);
    if (this.place.dataset["saving"] === "waiting") return this.put("saving", "Saving …");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open > 0 && this.put("saving", "Saving …"), patience);
  }

  private put(state: string, text: string): void {
    if (this.place.textContent === text) return;
    this.place.dataset["saving"] = state;
    this.place.textContent = text;
  }
}
