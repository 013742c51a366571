// How somebody looks: one or two letters on a colour.
import type { Card } from "./model.ts";

/** colours are those of web.go. */
export const colours = ["blue", "violet", "pink", "red", "amber", "green", "teal", "slate"];

/** initials are one or two letters of a name, or of an address. */
export function initials(name: string): string {
  const parts = name.replace(/@.*$/, "").split(/[\s._-]+/).filter(Boolean);
  const letters = parts.length > 1 ? [parts[0]!, parts.at(-1)!] : parts;
  return letters.map((p) => [...p][0]!.toLocaleUpperCase()).join("") || "?";
}

/** colourOf is who chose one's, or one that always follows from the address. */
export function colourOf(card: Card, address: string): string {
  if (colours.includes(card["colour"] ?? "")) return card["colour"]!;
  let sum = 0;
  for (const c of address) sum = (sum * 31 + c.codePointAt(0)!) % 9973;
  return colours[sum % colours.length]!;
}

export function showFace(place: HTMLElement, card: Card, address: string): void {
  place.dataset["colour"] = colourOf(card, address);
  place.textContent = initials(card["name"] || address);
}
