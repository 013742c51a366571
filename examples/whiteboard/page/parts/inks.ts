// The colours of the board as the style sheet has them now: for light or dark.
import { type Color, colors } from "./element.ts";
import type { Inks } from "./paint.ts";

export interface Palette {
  inks: Inks;
  accent: string;
  paper: string;
  hues: string[];
}

export function readPalette(): Palette {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.hidden = true;
  const css = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const of = (prefix: string): Record<Color, string> => Object.fromEntries(colors.map((c) => [c, css(prefix + c)])) as Record<Color, string>;
  const palette: Palette = {
    inks: { line: of("c-"), fill: of("n-"), note: of("n-"), noteText: css("n-text"), empty: css("sunken"), shadow: css("shade") },
    accent: css("accent"),
    paper: css("surface"),
    hues: Array.from({ length: 8 }, (_, i) => css(`h${i}`)),
  };
  probe.remove();
  return palette;
}

/** onRecolor calls back when the colours are others. */
export function onRecolor(f: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", f);
  new MutationObserver(f).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
