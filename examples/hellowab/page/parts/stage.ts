// The background: an app of this server in a sandboxed frame. Its origin is opaque, so it can't see this page, its storage or its tokens; it gets a connection that acts as whoever is here,
// by a token narrowed to the one CA that is shown.
import { narrow, serveFrame } from "@wabgo/client";
import type { Background } from "./meeting.ts";

/** A token lives as long as a long day; a frame that outlives it reloads, and gets another. */
const tokenSeconds = 12 * 3600;

/** A page that asks for no connection is shown so long after it is there, in ms. */
const plainPage = 2_000;

export class Stage {
  private shown = "";
  private frame: HTMLIFrameElement | undefined;
  private lent: { close(): void } | undefined;

  constructor(private readonly place: HTMLElement, private readonly words: HTMLElement) {}

  /** show puts an app on the stage, or nothing. The same one again changes nothing: it goes on. */
  show(me: string, background: Background | undefined, title: string): void {
    const ca = background && caFor(me, background);
    const key = ca ? `${me} ${background.app} ${ca}` : "";
    if (key === this.shown && this.place.dataset["state"]) return;
    this.clear();
    this.shown = key;
    this.place.dataset["state"] = ca ? "loading" : "empty";
    this.words.hidden = false;
    if (!background || !ca) return;
    this.words.textContent = `Getting ${title} …`;
    this.open(me, background.app, ca, title);
  }

  /** say is what stands on an empty stage. */
  say(text: string): void {
    if (this.place.dataset["state"] !== "loading" && this.words.textContent !== text) this.words.textContent = text;
  }

  private open(me: string, app: string, ca: string, title: string): void {
    const frame = (this.frame = document.createElement("iframe"));
    frame.sandbox.add("allow-scripts");
    frame.title = title;
    const shown = (): void => {
      if (frame !== this.frame) return;
      this.place.dataset["state"] = "shown";
      this.words.hidden = true;
    };
    const token = async (): Promise<string> => {
      const narrowed = await narrow({ app, ca, seconds: tokenSeconds }, { owner: me });
      shown(); // it runs, and tells from now on how it stands
      return narrowed;
    };
    this.lent = serveFrame(frame, token, { owner: me });
    frame.addEventListener("load", () => setTimeout(shown, plainPage));
    frame.src = `/${app}/?ca=${ca}`;
    this.place.append(frame);
  }

  private clear(): void {
    this.lent?.close();
    this.frame?.remove();
    this.lent = this.frame = undefined;
  }
}

/** caFor is which CA of the app somebody sees: alice/board for all the same one, or home for everybody's own. */
export function caFor(me: string, { ca }: Background): string {
  return ca.includes("/") ? ca : `${me}/${ca}`;
}
