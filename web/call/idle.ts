/** Controls dim when nobody reaches for them, and are back on focus, touch, a key, or the pointer where they were. */

/** So long after the last sign of interest, ms. */
export const patience = 4_000;

export class Idle {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly undo: (() => void)[] = [];

  /**
   * @param near the parts that the pointer reaches for
   * @param changed is told whether the controls may go
   * @param held tells whether they must stay
   */
  constructor(private readonly host: HTMLElement, private readonly near: () => Element[], private readonly changed: (idle: boolean) => void, private readonly held: () => boolean) {
    this.listen(window, "pointermove", (e) => this.pointed(e as PointerEvent));
    this.listen(window, "touchstart", () => this.wake());
    this.listen(host, "focusin", () => this.wake());
    this.listen(host, "keydown", () => this.wake());
    this.wake();
  }

  /** wake has the controls back. */
  wake(): void {
    this.changed(false);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sleep(), patience);
  }

  close(): void {
    clearTimeout(this.timer);
    for (const off of this.undo) off();
  }

  private sleep(): void {
    if (this.held() || this.host.shadowRoot?.activeElement?.matches(":focus-visible")) return this.wake();
    this.changed(true);
  }

  private pointed({ clientX: x, clientY: y }: PointerEvent): void {
    const over = this.near().some((el) => {
      const r = el.getBoundingClientRect();
      return x >= r.left - 8 && x <= r.right + 8 && y >= r.top - 8 && y <= r.bottom + 8;
    });
    if (over) this.wake();
  }

  private listen(target: EventTarget, type: string, f: (e: Event) => void): void {
    target.addEventListener(type, f, { passive: true });
    this.undo.push(() => target.removeEventListener(type, f));
  }
}
