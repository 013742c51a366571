// Short messages at the lower edge. They go after a while, but not while somebody points at them or reads them with the keyboard.

export interface ToastOptions {
  kind?: "bad";
  /** One thing to do about it. */
  action?: { label: string; run: () => void };
  /** Milliseconds; 5,000 unless said. */
  stay?: number;
}

const most = 3;

/** toast shows a message and returns what takes it away. */
export function toast(text: string, options: ToastOptions = {}): () => void {
  const place = document.querySelector<HTMLElement>(".toasts");
  if (!place) return () => undefined;
  const box = document.createElement("div");
  box.className = "toast";
  if (options.kind) box.dataset["kind"] = options.kind;
  box.append(Object.assign(document.createElement("span"), { textContent: text }));
  const remove = (): void => box.remove();
  if (options.action) box.append(actionButton(options.action, remove));
  for (const old of [...place.children]) if (old.textContent === box.textContent) old.remove(); // said again, and not twice
  place.append(box);
  while (place.childElementCount > most) place.firstElementChild?.remove();
  leaveLater(box, options.stay ?? 5_000);
  return remove;
}

function actionButton(action: NonNullable<ToastOptions["action"]>, done: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = action.label;
  button.addEventListener("click", () => {
    done();
    action.run();
  });
  return button;
}

function leaveLater(box: HTMLElement, stay: number): void {
  let timer = setTimeout(() => box.remove(), stay);
  const hold = (): void => clearTimeout(timer);
  const go = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => box.remove(), stay);
  };
  box.addEventListener("pointerenter", hold);
  box.addEventListener("pointerleave", go);
  box.addEventListener("focusin", hold);
  box.addEventListener("focusout", go);
}
