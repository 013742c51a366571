// Panels over the stage: one at a time, shut by Escape, by their button and by their opener. The focus goes back to where it came from.

export class Panels {
  private open: { panel: HTMLElement; button: HTMLElement } | undefined;

  constructor(private readonly opened: (id: string) => void) {
    for (const opener of document.querySelectorAll<HTMLElement>(".opener")) {
      const panel = document.getElementById(opener.getAttribute("aria-controls")!)!;
      opener.addEventListener("click", () => this.toggle(panel, opener));
    }
    for (const b of document.querySelectorAll<HTMLElement>(".panel [data-close]")) b.addEventListener("click", () => this.shut());
    addEventListener("keydown", (e) => e.key === "Escape" && this.open && this.shut());
  }

  isOpen(id: string): boolean {
    return this.open?.panel.id === id;
  }

  shut(): void {
    const open = this.open;
    if (!open) return;
    this.open = undefined;
    open.panel.hidden = true;
    open.button.setAttribute("aria-expanded", "false");
    open.button.focus();
  }

  private toggle(panel: HTMLElement, button: HTMLElement): void {
    const again = this.open?.panel === panel;
    this.shut();
    if (again) return;
    this.open = { panel, button };
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    panel.querySelector<HTMLElement>("[data-close]")!.focus();
    this.opened(panel.id);
  }
}
