// Asking again whether one may come in: often at first, then ever more rarely, and at once when one comes back to the page.

const first = 1_500, longest = 30_000;

export class Knock {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = first;
  private waits = false;

  constructor(private readonly ask: () => void) {
    for (const event of ["focus", "online"]) addEventListener(event, () => this.soon());
    document.addEventListener("visibilitychange", () => this.soon());
  }

  /** on tells whether one waits to be let in. */
  get on(): boolean {
    return this.waits;
  }

  /** again asks later, once more. */
  again(): void {
    this.waits = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), this.wait);
    this.wait = Math.min(longest, 1.5 * this.wait);
  }

  /** end is for one who was let in, or doesn't wait any more. */
  end(): void {
    this.waits = false;
    clearTimeout(this.timer);
    this.wait = first;
  }

  private soon(): void {
    if (this.waits && document.visibilityState === "visible") this.now();
  }

  /** now asks; what comes of it is again or end. A hidden page waits until it is seen. */
  private now(): void {
    clearTimeout(this.timer);
    if (document.visibilityState === "visible") this.ask();
  }
}
