// Panels over the board: one at a time, shut by Escape, by their button and by touching the board. The focus goes back to where it came from.

export class Panels {
  private open: { panel: HTMLElement; from: HTMLElement | null; button: HTMLElement | null } | undefined;

  constructor(private readonly changed: () => void = () => undefined) {
    for (const b of document.querySelectorAll<HTMLElement>(".panel [data-close]")) b.addEventListener("click", () => this.shut());
    addEventListener("keydown", (e) => {
      if (e.key !== "Escape" || !this.open?.panel.contains(e.target as Node)) return;
      e.stopPropagation();
      this.shut();
    }, { capture: true });
  }

  /** toggle opens a panel, or shuts it. */
  toggle(panel: HTMLElement, button: HTMLElement | null): void {
    if (this.open?.panel === panel) return this.shut();
    this.shut(false);
    this.open = { panel, from: document.activeElement as HTMLElement | null, button };
    panel.hidden = false;
    button?.setAttribute("aria-expanded", "true");
    (panel.querySelector<HTMLElement>("[data-first]") ?? panel.querySelector<HTMLElement>("[data-close]"))?.focus();
    this.changed();
  }

  /** isOpen tells whether that panel, or any, is open. */
  isOpen(panel?: HTMLElement): boolean {
    return this.open !== undefined && (!panel || this.open.panel === panel);
  }

  shut(refocus = true): void {
    const open = this.open;
    if (!open) return;
    this.open = undefined;
    open.panel.hidden = true;
    open.button?.setAttribute("aria-expanded", "false");
    if (refocus) open.from?.focus();
    this.changed();
  }
}
