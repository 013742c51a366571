/** What its owner sees of a device and does about it: with whom it is shared, and how that ends. */
import { button, h, write } from "./dom.ts";
import { allVerbs, type Verb } from "./driver.ts";
import { type DeviceView, type With, whom } from "./view.ts";

export interface OwnerActs {
  share(subjects: readonly string[], may: readonly Verb[]): Promise<void>;
  revoke(): Promise<void>;
  /** Where this tab drives it; that comes and goes. */
  readonly stop: (() => Promise<void>) | undefined;
}

const verbWords: { readonly [v in Verb]: string } = { read: "read it", write: "use it", notify: "follow it" };

export class OwnerPart {
  readonly element: HTMLElement;
  private readonly words = h("p");
  private readonly end: HTMLButtonElement;
  private readonly remove: HTMLButtonElement;
  private readonly subjects: HTMLInputElement;
  private readonly checks: [Verb, HTMLInputElement][];
  private sharing: readonly With[] = [];

  constructor(name: string, preset: readonly string[], private readonly acts: OwnerActs, run: (work: () => Promise<void>) => void) {
    this.end = button("Stop sharing", () => run(() => acts.revoke()), { class: "small", "aria-label": `Stop sharing ${name}` });
    this.remove = button("Remove", () => run(async () => acts.stop?.()), { class: "small", "aria-label": `Remove ${name}` });
    this.subjects = h("input", { type: "text", value: preset.join(" "), placeholder: "bob carol", autocomplete: "off", spellcheck: "false", "aria-label": `With whom to share ${name}` });
    this.checks = allVerbs.map((v) => [v, h("input", { type: "checkbox", checked: true })]);
    const form = h("form", {}, h("label", {}, h("span", {}, "Share with"), this.subjects),
      h("fieldset", {}, h("legend", {}, "They may"), ...this.checks.map(([v, box]) => h("label", { class: "check" }, box, verbWords[v]))),
      h("button", { type: "submit", class: "small", "aria-label": `Share ${name}` }, "Share"));
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      const subjects = this.subjects.value.split(/[\s,]+/).filter(Boolean);
      run(() => acts.share(subjects, this.checks.filter(([, box]) => box.checked).map(([v]) => v)));
    });
    const more = h("details", { class: "sharing" }, h("summary", {}, "Change"), form);
    more.addEventListener("toggle", () => more.open && this.fill());
    this.element = h("div", { class: "owner" }, this.words, h("div", { class: "row" }, this.end, this.remove), more);
  }

  update(view: DeviceView): void {
    const sharing = (this.sharing = view.sharing);
    this.end.hidden = sharing.length === 0;
    this.remove.hidden = !this.acts.stop;
    write(this.words, sharing.length ? `Shared with ${sharedWith(sharing)}.` : "Only you can use it.");
  }

  /** fill has a change begin with how it is. All may the same: what is shared anew replaces all of it. */
  private fill(): void {
    const [first] = this.sharing;
    if (!first) return;
    this.subjects.value = this.sharing.map(({ who }) => who).join(" ");
    for (const [v, box] of this.checks) box.checked = first.may.includes(v);
  }
}

/** sharedWith puts those who may do the same into one breath: alice’s standup, bob (read it, use it). */
function sharedWith(sharing: readonly With[]): string {
  const all = new Map<string, string[]>();
  for (const { who, may } of sharing) {
    const what = may.map((v) => verbWords[v]).join(", ");
    all.set(what, [...(all.get(what) ?? []), whom(who)]);
  }
  return [...all].map(([what, who]) => `${who.join(", ")} (${what})`).join("; ");
}
