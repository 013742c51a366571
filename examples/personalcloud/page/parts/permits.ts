// What somebody may raise here: patterns of events, as words and as the choice that a page offers (templ permits).
import type { Pattern } from "./model.ts";

const updates: Pattern = { domain: "profile", type: "updated" };
const messages: Pattern = { domain: "message", type: "text" };

/** presets are what most people choose. */
export const presets = {
  usual: [updates, messages],
  profile: [updates],
  everything: [{ domain: "*", type: "*" }],
  nothing: [],
} as const satisfies Record<string, readonly Pattern[]>;

const known: Record<string, string> = { "profile:updated": "profile updates", "message:text": "messages", "*:*": "everything" };

export const textOf = (p: Pattern): string => `${p.domain}:${p.type}`;

/** nameOf is a pattern, or a kind of event, in people's words. */
export const nameOf = (p: Pattern): string => known[textOf(p)] ?? (p.type === "*" ? `all of ${p.domain}` : textOf(p));

/** permitWords says what some patterns allow, to go on a sentence. */
export function permitWords(allow: readonly Pattern[]): string {
  if (allow.length === 0) return "nothing";
  const names = allow.some((p) => textOf(p) === "*:*") ? ["everything"] : [...new Set(allow.map(nameOf))];
  return names.length < 2 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** parsePermits reads patterns as people write them, or tells what is wrong. The server has the last word. */
export function parsePermits(text: string): Pattern[] | string {
  const all = text.split(/[\s,]+/).filter(Boolean);
  if (all.length === 0) return "Name an event, as in photo:added, or choose Nothing.";
  const out: Pattern[] = [];
  for (const word of all) {
    const [domain, type, more] = word.split(":");
    if (!domain || !type || more !== undefined || /[^!-~]|\//.test(word)) return `“${word}” should be a domain and a type, as in photo:added or photo:*.`;
    out.push({ domain, type });
  }
  return out;
}

/** presetOf is the preset that says the same as some patterns, or custom. */
export function presetOf(allow: readonly Pattern[]): string {
  const key = (list: readonly Pattern[]): string => list.map(textOf).sort().join(" ");
  return Object.entries(presets).find(([, list]) => key(list) === key(allow))?.[0] ?? "custom";
}

/** Permits is the choice in a page. */
export class Permits {
  private readonly box: HTMLElement;

  constructor(name: string, private readonly changed: () => void = () => undefined) {
    this.box = document.querySelector<HTMLElement>(`[data-permits="${name}"]`)!;
    this.box.addEventListener("change", () => this.show());
    this.box.addEventListener("input", () => this.say(""));
  }

  set(allow: readonly Pattern[]): void {
    const preset = presetOf(allow);
    for (const r of this.radios) r.checked = r.value === preset;
    this.input.value = preset === "custom" ? allow.map(textOf).join(", ") : "";
    this.say("");
    this.show();
  }

  /** read is what was chosen, or nothing where that can't be: then it says why, unfolds what it lies in, and has the focus. */
  read(): Pattern[] | undefined {
    const chosen = this.chosen;
    if (chosen !== "custom") return [...presets[chosen as keyof typeof presets]];
    const allow = parsePermits(this.input.value);
    if (typeof allow !== "string") return allow;
    this.say(allow);
    this.box.closest("details")?.setAttribute("open", "");
    this.input.focus();
    return undefined;
  }

  private get radios(): HTMLInputElement[] { return [...this.box.querySelectorAll<HTMLInputElement>("input[type=radio]")]; }
  private get chosen(): string { return this.radios.find((r) => r.checked)?.value ?? "nothing"; }
  private get input(): HTMLInputElement { return this.box.querySelector<HTMLInputElement>("input[type=text]")!; }

  private show(): void {
    this.box.querySelector<HTMLElement>("[data-custom]")!.hidden = this.chosen !== "custom";
    this.changed();
  }

  private say(problem: string): void {
    this.box.querySelector(".problem")!.textContent = problem;
    this.input.setAttribute("aria-invalid", String(problem !== ""));
  }
}
