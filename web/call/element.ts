/** <wab-call>: a call over any page. See README.md for its attributes, events and methods. */
import { connect, type Handle, signedIn, signIn } from "@wabgo/client";
import type { Call, CallState } from "./call.ts";
import type { Caption } from "./captions.ts";
import { Cutout } from "./cutout.ts";
import { type Connected, joinCall, type JoinOptions } from "./join.ts";
import { Layer } from "./layer.ts";
import type { Reason } from "./line.ts";
import { type Maps, whenOpen } from "./opening.ts";

export class WabCall extends HTMLElement {
  /** The call, while there is one. */
  call: Call | undefined;
  /** What to join with, beside the attributes: deviceDo, timeline. */
  options: JoinOptions = (this as { options?: JoinOptions }).options ?? {}; // as set before this class was known
  private layer: Layer | undefined;
  private own: Handle | undefined; // the connection that we have opened ourselves
  private given: Connected | undefined;
  private undo: (() => void)[] = [];
  private waiting: (() => void) | undefined; // for the room to open
  private attempt = 0;

  /** connection is a connected CA to join over, instead of one that server, app, ca and token name. Set it before the element is in the page. */
  set connection(ca: Connected | undefined) { this.given = ca; }
  get connection(): Connected | undefined { return this.given ?? (this.own as Connected | undefined); }

  get state(): CallState { return (this.dataset["state"] as CallState | undefined) ?? "ended"; }

  connectedCallback(): void {
    if (this.layer) return; // moved within the page
    this.takeUp();
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    this.layer = new Layer(this, root, { leave: () => this.leave(), again: () => void this.join(), captions: (on) => this.tell("captions", { on }) });
    if (!this.hasAttribute("manual")) void this.join();
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.leave();
      this.layer?.close();
      this.layer = undefined;
    });
  }

  /** join enters the room, with what the attributes say. It resolves when the attempt has begun; the state tells how it goes. */
  async join(): Promise<void> {
    this.end();
    const attempt = ++this.attempt;
    this.turn("connecting");
    this.layer?.turn("connecting");
    try {
      const ca = this.given ?? (await this.open());
      if (attempt !== this.attempt) return;
      this.use(joinCall(ca, this.getAttribute("room") ?? "room", { name: this.getAttribute("name") ?? "", watch: this.wanted.length === 0, ...this.options }));
    } catch (e) {
      if (attempt === this.attempt) this.refuse(e as Reason);
    }
  }

  /** use shows a call that the page has joined itself. */
  use(call: Call): void {
    this.end();
    this.call = call;
    this.layer?.show(call);
    let asked = false;
    const begin = (): void => {
      if (asked || call.state !== "live" || !call.may.has("publish")) return;
      asked = true;
      void call.start(this.wanted);
    };
    this.undo = [
      call.on("state", (state, reason) => { this.turn(state, reason); this.await(state, reason); begin(); }),
      call.on("may", (may) => { this.tell("may", { may: [...may] }); begin(); }),
      call.on("people", (people) => this.tell("people", { people })),
      call.on("joined", (person) => this.tell("join", { person })),
      call.on("left", (person) => this.tell("leave", { person })),
      call.on("mode", (mode) => this.tell("mode", { mode })),
      call.on("action", (event) => this.tell("action", event)),
      call.on("fault", (fault) => this.tell("fault", { fault })),
      call.on("local", () => this.tell("local", { sending: call.sending.map((s) => s.source) })),
    ];
  }

  /** leave ends the call. Cameras and microphones are off afterwards. */
  leave(): void {
    this.attempt++;
    const { call } = this;
    this.call = undefined;
    call?.close(); // tells "ended"
    this.end();
    this.turn("ended");
    this.layer?.turn("ended");
    this.own?.close();
    this.own = undefined;
  }

  /** camera, mic and screen switch a source on or off; they reject with a Fault where it can't be had. */
  camera(on = true): Promise<void> { return this.there.camera(on); }
  mic(on = true): Promise<void> { return this.there.mic(on); }
  screen(on = true): Promise<void> { return this.there.screen(on); }

  /** act makes an action that fires in everybody's page with the frame which our camera takes now. */
  act(value: unknown): ReturnType<Call["act"]> { return this.there.act(value); }

  /** caption shows what somebody says. The captions are switched on for it, unless the person has switched them off. */
  caption(caption: Caption): void {
    if (!this.layer) return;
    if (!this.layer.captioned && !this.hasAttribute("data-captions")) this.layer.caption(true);
    this.layer.speak(caption);
  }

  /** cutoutPatience is how old the mask of a cut-out person may be, ms, before all are shown in tiles. */
  get cutoutPatience(): number { return Cutout.patience; }
  set cutoutPatience(ms: number) { Cutout.patience = ms; }

  private get there(): Call {
    if (!this.call) throw new Error("wab-call: there is no call. Join first.");
    return this.call;
  }

  /** takeUp has the setters see what the page has set before this class was known. */
  private takeUp(): void {
    const own = this as unknown as { [name: string]: unknown };
    for (const name of ["connection", "cutoutPatience"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = own[name];
      delete own[name];
      own[name] = value;
    }
  }

  /** wanted is what to switch on at first: media="camera mic" unless said; media="" only looks on. */
  private get wanted(): ("camera" | "mic")[] {
    const media = (this.getAttribute("media") ?? "camera mic").split(/\s+/);
    return (["camera", "mic"] as const).filter((s) => media.includes(s));
  }

  /** open connects to the CA that the attributes name. */
  private async open(): Promise<Connected> {
    const [server, token, guest, ca] = ["server", "token", "guest", "ca"].map((a) => this.getAttribute(a)) as [string | null, string | null, string | null, string | null];
    const [app, name] = ca?.includes(":") ? (ca.split(":") as [string, string]) : [this.getAttribute("app") ?? "", ca ?? "home"];
    if (guest && signedIn(server ?? undefined) !== guest) await signIn.guest(guest, server ? { server } : {});
    this.own?.close();
    const own = (await connect({ app, ca: name, ...(server && { server }), ...(token && { token }) })) as unknown as Handle;
    this.own = own;
    return own as unknown as Connected;
  }

  private refuse({ code = "unavailable", message }: Partial<Reason>): void {
    const reason: Reason = { code, message: message ?? "The call can’t be reached. Try again." };
    this.turn("refused", reason);
    this.layer?.turn("refused", reason);
  }

  /** await comes in again by itself when a room that is closed opens. */
  private await(state: CallState, reason: Reason | undefined): void {
    const ca = this.connection as (Connected & Partial<Maps>) | undefined;
    if (state !== "ended" || reason?.code !== "not_found" || !ca?.map) return;
    this.waiting = whenOpen(ca as Connected & Maps, this.getAttribute("room") ?? "room", () => void this.join());
  }

  /** end lets go of the call that is shown. */
  private end(): void {
    this.waiting?.();
    this.waiting = undefined;
    for (const off of this.undo) off();
    this.undo = [];
    this.call?.close();
    this.call = undefined;
    this.layer?.hide();
  }

  private turn(state: CallState, reason?: Reason): void {
    if (this.dataset["state"] === state) return;
    this.dataset["state"] = state;
    this.tell("state", { state, reason });
  }

  private tell(type: string, detail: unknown): void {
    if (type === "captions") this.setAttribute("data-captions", (detail as { on: boolean }).on ? "on" : "off");
    this.dispatchEvent(new CustomEvent(`wab-${type}`, { detail, bubbles: true, composed: true }));
  }
}

/** define makes <wab-call> known to the page. */
export function define(): void {
  if (!customElements.get("wab-call")) customElements.define("wab-call", WabCall);
}
