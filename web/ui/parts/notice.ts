// A notice stays until what it tells of is over: what happened, what was kept, what to do, and the code to copy.

export interface Notice {
  kind: "warn" | "bad";
  text: string;
  code?: string;
  action?: { label: string; run: () => void };
}

/** showNotice fills the place, or empties and hides it. The same notice again changes nothing, so that it isn't read out twice. */
export function showNotice(place: HTMLElement, notice: Notice | undefined): void {
  const key = notice ? `${notice.kind} ${notice.text} ${notice.code ?? ""}` : "";
  if ((place.dataset["key"] ?? "") === key) return;
  place.dataset["key"] = key;
  place.replaceChildren();
  place.hidden = !notice;
  if (!notice) return;
  place.dataset["kind"] = notice.kind;
  const words = document.createElement("p");
  words.append(notice.text);
  if (notice.code) words.append(" ", Object.assign(document.createElement("code"), { textContent: notice.code }));
  place.append(words);
  if (notice.action) {
    const { label, run } = notice.action;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: label });
    button.addEventListener("click", run);
    place.append(button);
  }
}
