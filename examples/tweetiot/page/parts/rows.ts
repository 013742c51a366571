// Lists of what can be taken away again: tags with their devices, friends, devices.

export interface Row {
  name: string;
  /** What there is to say of it. */
  about?: string;
  /** What taking it away is called for those who listen, and does. */
  remove?: { label: string; run: () => void };
  /** A mark before it: a full one for what is there. */
  there?: boolean;
}

/** showRows fills a list. It is left alone where nothing has changed, so that the focus stays. */
export function showRows(list: HTMLElement, rows: readonly Row[]): void {
  const key = JSON.stringify(rows);
  if (list.dataset["key"] === key) return;
  list.dataset["key"] = key;
  const focused = [...list.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
  list.replaceChildren(...rows.map(row));
  if (focused >= 0) (list.querySelectorAll("button")[focused] ?? list.querySelector("button"))?.focus();
}

function row(r: Row): HTMLElement {
  const li = document.createElement("li");
  if (r.there !== undefined) li.dataset["there"] = r.there ? "yes" : "no";
  li.append(Object.assign(document.createElement("span"), { className: "name", textContent: r.name, title: r.name }));
  li.append(Object.assign(document.createElement("span"), { className: "about", textContent: r.about ?? "" }));
  if (!r.remove) return li;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button quiet icon", textContent: "×", title: r.remove.label });
  button.setAttribute("aria-label", r.remove.label);
  button.addEventListener("click", r.remove.run);
  li.append(button);
  return li;
}
