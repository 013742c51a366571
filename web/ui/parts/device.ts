// The dialog that registers a device (the part DeviceDialog): it asks for a name, gets a token for it, and shows the link for the device, as a QR code too.
import { setLink } from "./copy.ts";
import { deviceLink, isNear, problemWithDevice } from "./device-link.ts";
import { drawQR } from "./qr.ts";

/** DeviceOptions say what to register a device with. */
export interface DeviceOptions {
  app: string;
  /** owner/local */
  ca: string;
  /** Makes the device's token: a request of the CA's method that calls tx.Device(name).Token. Its error is shown. */
  token: (name: string) => Promise<string>;
  /** What the name field holds at first. */
  name?: string;
  /** Where the server is; this page's origin unless said. */
  origin?: string;
}

/** registerDevice opens the dialog, and resolves when it is closed: with the name of the device that was registered, or with nothing. */
export function registerDevice(dialog: HTMLDialogElement, options: DeviceOptions): Promise<string | undefined> {
  return new Registration(dialog, options).done;
}

const latest = new WeakMap<HTMLDialogElement, Registration>(); // in each dialog

class Registration {
  readonly done: Promise<string | undefined>;
  readonly #dialog: HTMLDialogElement;
  readonly #options: DeviceOptions;
  readonly #form: HTMLFormElement;
  readonly #made: HTMLElement;
  readonly #ended = new AbortController();
  #resolve!: (name: string | undefined) => void;
  #name: string | undefined;

  constructor(dialog: HTMLDialogElement, options: DeviceOptions) {
    this.#dialog = dialog;
    this.#options = options;
    this.#form = dialog.querySelector("form")!;
    this.#made = dialog.querySelector("[data-made]")!;
    this.done = new Promise((resolve) => (this.#resolve = resolve));
    latest.get(dialog)?.end();
    latest.set(dialog, this);
    this.#listen();
    this.#ask();
  }

  #listen(): void {
    const once = { signal: this.#ended.signal };
    this.#form.addEventListener("submit", (e) => void this.#submit(e), once);
    for (const button of this.#dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => this.#dialog.close(), once);
    this.#dialog.addEventListener("close", () => this.#dialog.open || this.end(), once); // told of a moment later: it may be open again, for the next
  }

  /** end is for when the dialog was closed, or is opened for the next. */
  end(): void {
    if (this.#over) return;
    this.#ended.abort();
    this.#clear();
    this.#resolve(this.#name);
  }

  /** What was shown doesn't stay in the page. */
  #clear(): void {
    this.#dialog.querySelector("[data-qr]")!.replaceChildren();
    for (const input of this.#dialog.querySelectorAll<HTMLInputElement>(".copy input")) input.value = "";
  }

  get #input(): HTMLInputElement {
    return this.#form.querySelector("input")!;
  }

  get #button(): HTMLButtonElement {
    return this.#form.querySelector<HTMLButtonElement>("[type=submit]")!;
  }

  #ask(): void {
    this.#say("");
    this.#button.disabled = false;
    this.#form.hidden = false;
    this.#made.hidden = true;
    this.#input.value = this.#options.name ?? "";
    this.#dialog.showModal();
    this.#input.focus();
    this.#input.select();
  }

  #say(problem: string): void {
    this.#form.querySelector(".problem")!.textContent = problem;
    this.#input.setAttribute("aria-invalid", String(problem !== ""));
  }

  async #submit(e: SubmitEvent): Promise<void> {
    e.preventDefault();
    const name = this.#input.value.trim().toLowerCase();
    const flaw = problemWithDevice(name);
    this.#say(flaw);
    if (flaw) return this.#input.focus();
    this.#button.disabled = true;
    try {
      const token = await this.#options.token(name);
      if (!this.#over) this.#show(name, token);
    } catch (error) {
      if (this.#over) return;
      this.#say(error instanceof Error ? error.message : "That did not work. Try again.");
      this.#input.focus();
    } finally {
      if (!this.#over) this.#button.disabled = false;
    }
  }

  /** over is true once the dialog was closed: from then on it may be another's. */
  get #over(): boolean {
    return this.#ended.signal.aborted;
  }

  #show(name: string, token: string): void {
    const { app, ca, origin } = this.#options;
    this.#name = name;
    const link = deviceLink(origin ?? location.origin, app, { token, ca, name });
    this.#made.querySelector<HTMLElement>("[data-near]")!.hidden = !isNear(link);
    const picture = drawQR(link, `QR code of the link for ${name}`);
    this.#dialog.querySelector("[data-qr]")!.replaceChildren(picture ?? "The link is too long for a QR code.");
    for (const [what, text] of [["link", link], ["token", token]] as const) setLink(this.#copy(what), text);
    const title = this.#made.querySelector<HTMLElement>("h2")!;
    title.textContent = `Connect ${name}`;
    this.#form.hidden = true;
    this.#made.hidden = false;
    title.focus();
  }

  /** The CopyLink part that shows the link, or the token. */
  #copy(what: "link" | "token"): HTMLElement {
    return this.#made.querySelector<HTMLElement>(`[data-device-${what}] [data-copy]`)!;
  }
}
