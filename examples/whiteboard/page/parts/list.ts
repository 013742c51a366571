// The board as a list to read: what lies where, in words. It is made only while somebody looks at it.
import { describe, type Placed, reading } from "./element.ts";

/** More than this are not listed: nobody reads so many, and the page would be slow. */
const most = 300;

export function showList(place: HTMLElement, count: HTMLElement, all: readonly Placed[], selected: ReadonlySet<string>, choose: (id: string) => void): void {
  const sorted = reading(all);
  const focused = (document.activeElement as HTMLElement | null)?.dataset["id"];
  place.replaceChildren(...sorted.slice(0, most).map(([id, e]) => {
    const b = document.createElement("button");
    b.type = "button";
    b.dataset["id"] = id;
    b.textContent = describe(e);
    b.setAttribute("aria-pressed", String(selected.has(id)));
    b.addEventListener("click", () => choose(id));
    const li = document.createElement("li");
    li.append(b);
    return li;
  }));
  if (focused) place.querySelector<HTMLElement>(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  const n = all.length;
  count.textContent = n === 0 ? "Nothing yet." : n === 1 ? "1 element." : n > most ? `${n} elements, the first ${most} of them here.` : `${n} elements, from the top.`;
}
