// What has become of one's changes: saving, saved, or waiting for the connection. Nothing is said before the first change, and "Saved" never while it isn't so.

/** A quick save isn't worth a flicker, nor is the pause between two strokes, in ms. */
const patience = 500, pause = 250;

export class Saving {
  private open = 0;
  private live = true;
  private bad = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly place: HTMLElement) {}

  /** changed tells how many changes the server hasn't confirmed. */
  changed(open: number): void {
    const began = this.open === 0 && open > 0;
    if (began) this.bad = false;
    const ended = this.open > 0 && open === 0;
    this.open = open;
    if (!this.live || began || ended) this.say();
  }

  /** failed tells that changes were refused. */
  failed(): void {
    this.bad = true;
    if (this.open === 0) this.say();
  }

  /** online tells whether changes can reach the server. */
  online(live: boolean): void {
    if (live === this.live) return;
    this.live = live;
    if (this.open > 0) this.say();
  }

  private say(): void {
    clearTimeout(this.timer);
    if (this.open === 0) return this.later(pause, this.bad ? "failed" : "saved", this.bad ? "Not saved" : "Saved");
    if (!this.live) return this.put("waiting", `${this.open === 1 ? "1 change" : `${this.open} changes`} kept here`);
    if (this.place.dataset["saving"] !== "saving") this.put("", "");
    this.later(patience, "saving", "Saving …");
  }

  private later(wait: number, state: string, text: string): void {
    this.timer = setTimeout(() => this.put(state, text), wait);
  }

  private put(state: string, text: string): void {
    this.place.dataset["saving"] = state;
    if (this.place.textContent !== text) this.place.textContent = text;
  }
}
