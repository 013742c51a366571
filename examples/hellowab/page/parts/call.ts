// The call over the stage: <wab-call>, which joins by the page's own connection to the meeting.
import { deviceOf } from "./dom.ts";
import type { WabCall } from "../../../../web/call/element.ts";
import type { CallState } from "../../../../web/call/call.ts";
import type { Person as InCall } from "../../../../web/call/signal.ts";
import type { ActionEvent } from "../../../../web/call/timeline/moment.ts";
import type { Connected, Moment, Names } from "./meeting.ts";
import type { Owners } from "./owners.ts";

/** Deed is what somebody does to a device; all pages hear of it with the frame in which it was done. */
export interface Deed {
  device: string;
  command: string;
  args: unknown[];
}

export interface CallEvents {
  people(present: readonly InCall[]): void;
  state(state: CallState): void;
  /** A deed that has been done, in the frame of whoever did it. */
  deed(deed: Deed, by: ActionEvent): void;
}

const mediaKey = "hellowab media";

export class Layer {
  private readonly el: WabCall;

  private constructor(private readonly place: HTMLElement, meeting: Connected, names: Names, private readonly owners: Owners, events: CallEvents) {
    const el = (this.el = document.createElement("wab-call"));
    el.connection = meeting as unknown as NonNullable<WabCall["connection"]>;
    el.setAttribute("room", "room");
    el.setAttribute("name", names.me);
    el.setAttribute("media", recall());
    el.options = { deviceDo: ({ device, command, args = [] }, moment) => owners.act({ device, command, args: [...args] }, moment as Moment) };
    const on = <T>(type: string, hear: (detail: T) => void): void => el.addEventListener(`wab-${type}`, (e) => hear((e as CustomEvent<T>).detail));
    on<{ people: readonly InCall[] }>("people", ({ people }) => events.people(people));
    on<{ state: CallState }>("state", ({ state }) => events.state(state));
    on<ActionEvent>("action", (e) => deviceOf(e.value) && events.deed(e.value as Deed, e));
    on<{ sending: string[] }>("local", ({ sending }) => el.call?.state === "live" && remember(sending));
    place.append(el);
  }

  /** open loads what calls need, and joins. */
  static async open(place: HTMLElement, meeting: Connected, names: Names, owners: Owners, events: CallEvents): Promise<Layer> {
    await import(place.dataset["module"]!);
    return new Layer(place, meeting, names, owners, events);
  }

  get state(): CallState {
    return this.el.state;
  }

  /** me is this tab in the call; "" while it is in none. */
  get me(): string {
    return this.el.call?.me ?? "";
  }

  get timeline(): NonNullable<WabCall["call"]>["timeline"] | undefined {
    return this.el.call?.timeline;
  }

  /** act does something to a device: with the frame of our camera where the call lets us, else at once. */
  async act(deed: Deed): Promise<void> {
    const call = this.el.call;
    if (call?.state === "live" && call.may.has("act")) await call.act({ ...deed });
    else await this.owners.act(deed);
  }

  /** again joins a call that has been opened again. */
  again(): void {
    if (this.state === "ended") void this.el.join();
  }

  close(): void {
    this.el.leave();
    this.place.replaceChildren();
  }
}

/** What one had on is on the next time, too. The browser asks before the first. */
function recall(): string {
  try {
    return localStorage.getItem(mediaKey) ?? "camera mic";
  } catch {
    return "camera mic";
  }
}

function remember(sending: string[]): void {
  try {
    localStorage.setItem(mediaKey, sending.filter((s) => s === "camera" || s === "mic").join(" "));
  } catch {
    // then the browser's own memory has to do
  }
}
