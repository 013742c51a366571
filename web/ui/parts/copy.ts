// A link to copy, by button or by hand.
import { toast } from "./toast.ts";

/** setLink fills a CopyLink part; its button copies from then on. */
export function setLink(part: HTMLElement, url: string): void {
  const input = part.querySelector("input");
  const button = part.querySelector("button");
  if (!input || !button) return;
  input.value = url;
  if (part.dataset["ready"]) return;
  part.dataset["ready"] = "yes";
  input.addEventListener("focus", () => input.select());
  button.addEventListener("click", () => void copy(input, button));
}

async function copy(input: HTMLInputElement, button: HTMLButtonElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(input.value);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2_000);
  } catch {
    input.focus(); // pages without HTTPS may not write to the clipboard
    input.select();
    toast("Press Ctrl+C or ⌘C to copy the link.");
  }
}
