// QR codes, drawn in the page: what they hold goes nowhere else.
import { encode } from "uqr";

/** The light margin around a code, in modules: readers need four. */
export const quiet = 4;

/** modules are the dark and light squares of a code, without a margin; undefined for what is too long for one (about 2,900 bytes). */
export function modules(text: string): boolean[][] | undefined {
  if (new TextEncoder().encode(text).length > 2_953) return undefined;
  return encode(text, { ecc: "L", border: 0 }).data;
}

/** outline is an SVG path of the dark squares, a rectangle for each run of a row. */
export function outline(rows: boolean[][]): string {
  let path = "";
  rows.forEach((row, y) => {
    for (let x = 0, end = 0; x < row.length; x = end + 1) {
      end = x;
      if (!row[x]) continue;
      while (row[end + 1]) end++;
      path += `M${x + quiet} ${y + quiet}h${end - x + 1}v1h-${end - x + 1}z`;
    }
  });
  return path;
}

/** drawQR makes a picture of a code, or nothing where the text is too long. It is dark on light in every theme, as readers want it. */
export function drawQR(text: string, label: string): SVGSVGElement | undefined {
  const rows = modules(text);
  if (!rows) return undefined;
  const size = rows.length + 2 * quiet;
  const svg = element("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" });
  svg.append(element("rect", { width: size, height: size, fill: "#fff" }), element("path", { d: outline(rows), fill: "#000" }));
  return svg;
}

function element<K extends keyof SVGElementTagNameMap>(name: K, attributes: Record<string, string | number>): SVGElementTagNameMap[K] {
  const el = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, String(value));
  return el;
}
