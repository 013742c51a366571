// Tabs: one panel of several is there; arrows go from one tab to the next.

/** Tabs are those of a list, by the names after "tab-" and "panel-". */
export class Tabs {
  private readonly tabs: HTMLElement[];

  constructor(list: HTMLElement, private readonly chosen: (name: string) => void) {
    this.tabs = [...list.querySelectorAll<HTMLElement>("[role=tab]")];
    for (const tab of this.tabs) tab.addEventListener("click", () => this.choose(nameOf(tab)));
    list.addEventListener("keydown", (e) => this.key(e));
  }

  get current(): string {
    return nameOf(this.tabs.find((t) => t.ariaSelected === "true")!);
  }

  choose(name: string): void {
    for (const tab of this.tabs) {
      const is = nameOf(tab) === name;
      tab.ariaSelected = String(is);
      tab.tabIndex = is ? 0 : -1;
      document.getElementById(`panel-${nameOf(tab)}`)!.hidden = !is;
    }
    this.chosen(name);
  }

  /** badge shows a number on a tab; 0 for none. */
  badge(name: string, n: number): void {
    const badge = document.querySelector<HTMLElement>(`#tab-${name} [data-badge]`)!;
    badge.hidden = n === 0;
    badge.textContent = n > 99 ? "99+" : String(n);
  }

  private key(e: KeyboardEvent): void {
    const at = this.tabs.indexOf(document.activeElement as HTMLElement), last = this.tabs.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[e.key];
    if (at < 0 || to === undefined) return;
    e.preventDefault();
    this.tabs[to]!.focus();
    this.choose(nameOf(this.tabs[to]!));
  }
}

const nameOf = (tab: HTMLElement): string => tab.id.replace(/^tab-/, "");
