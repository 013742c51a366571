// What has become of one's changes: saving, saved, or waiting for the connection. Nothing is said before the first change.

/** A quick save isn't worth a flicker, in ms. */
const patience = 300;

export class Saving {
  private open = 0;
  private live = true;
  private failed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly place: HTMLElement) {}

  /** begin tells of a change that has been sent. */
  begin(): void {
    this.open++;
    this.say();
  }

  /** end tells that one has been answered, and whether it was made. */
  end(made: boolean): void {
    this.open--;
    this.failed = !made;
    this.say();
  }

  /** online tells whether changes can reach the server. */
  online(live: boolean): void {
    this.live = live;
    if (this.open > 0) this.say();
  }

  private say(): void {
    clearTimeout(this.timer);
    if (this.open === 0) return this.failed ? this.put("failed", "Not saved") : this.put("saved", "Saved");
    const changes = this.open === 1 ? "1 change" : `${this.open} changes`;
    if (!this.live) return this.put("waiting", `${changes} kept here, sent when the connection is back`);
    this.timer = setTimeout(() => this.put("saving", `Saving ${changes} …`), patience);
  }

  private put(state: string, text: string): void {
    if (this.place.textContent === text) return;
    this.place.dataset["saving"] = state;
    this.place.textContent = text;
  }
}
