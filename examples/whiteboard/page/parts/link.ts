// The way to the board's CA: its map, what one may do there, and one's changes on their way to it.
import { connect, type Handle, type SharedMap, type Status, WabError } from "@wabgo/client";
import type { Board } from "./board.ts";
import { type Change, type Element, type Placed } from "./element.ts";
import { Knock } from "./knock.ts";
import { Outbox } from "./outbox.ts";
import type { Guests } from "./share.ts";
import { Unsent } from "./unsent.ts";

export type Role = "owner" | "editor" | "viewer";

/** Access is what the CA says one may do. */
export interface Access {
  role: Role;
  link: string;
}

export interface Whiteboard extends Guests {
  Draw(changes: Change[]): Promise<number>;
  Access(): Promise<Access>;
}

export interface Hears {
  state(status: Status): void;
  access(access: Access | undefined): void;
  /** opened brings the map, as it is kept here or as the server has it. */
  opened(map: SharedMap<Element>): void;
  /** shut tells that one is kept out. */
  shut(error: WabError): void;
  /** unsent tells how many changes aren't confirmed. */
  unsent(n: number): void;
  refused(error: unknown): void;
}

export class Link {
  ca: (Whiteboard & Handle) | undefined;
  private map: SharedMap<Element> | undefined;
  private readonly outbox: Outbox;
  private readonly kept: Unsent;
  private readonly knock = new Knock(() => void this.knocked());
  private entering = false;
  private asked = false;

  constructor(private readonly owner: string, readonly name: string, private readonly board: Board, private readonly hears: Hears) {
    this.kept = new Unsent(owner, name, () => this.outbox.open);
    this.outbox = new Outbox({
      send: async (changes) => Number(await this.ca!.call("Draw", [changes], { timeout: 0 })),
      settled: (ids, version) => board.settled(ids, version),
      refused: (ids, error) => this.refused(ids, error),
      changed: () => this.changed(),
    });
  }

  /** put sends changes that the board shows already. */
  put(changes: Change[]): void {
    this.outbox.put(changes);
  }

  async open(): Promise<void> {
    this.hears.access(recall(this.owner, this.name));
    if (!(await this.join())) return;
    void this.kept.adopt((changes) => {
      this.board.draft(changes);
      this.put(changes);
    });
    await this.enter();
    document.addEventListener("visibilitychange", () => this.askAnew());
  }

  /** askAnew is for when one may have missed what others have changed. */
  private askAnew(): void {
    if (this.map && this.map.state !== "ended" && document.visibilityState !== "hidden") void this.enter();
  }

  /** join begins a session with the board, and tells whether there is one. */
  private async join(): Promise<boolean> {
    try {
      this.ca = await connect<Whiteboard>({ app: "whiteboard", ca: this.name, keep: 1, wait: false, onState: (status) => this.onState(status) });
    } catch (e) {
      this.shutOut(e);
      return false;
    }
    this.ca.on("note", () => void this.enter());
    return true;
  }

  /** knocked tries to come in, with a new session if the last was refused. */
  private async knocked(): Promise<void> {
    if (this.entering) return;
    if (this.ca?.status.state === "refused") this.ca.close();
    if (!this.ca || this.ca.status.state === "refused") {
      if (!(await this.join())) return;
    }
    await this.enter();
  }

  /** enter asks what one may do, and opens the map unless it is open: from what is kept here without waiting for the answer. What comes meanwhile has it ask once more. */
  private async enter(): Promise<void> {
    this.asked = true;
    if (this.entering) return;
    this.entering = true;
    try {
      while (this.asked) {
        this.asked = false;
        await Promise.all([this.ask(), this.openMap()]);
      }
      this.knock.end();
    } catch (e) {
      this.shutOut(e);
    } finally {
      this.entering = false;
    }
  }

  /** ask asks what one may do now. */
  async ask(): Promise<void> {
    const access = (await this.ca!.call("Access", [], { timeout: 0 })) as unknown as Access;
    remember(this.owner, this.name, access);
    this.hears.access(access);
  }

  private async openMap(): Promise<void> {
    if (this.map && this.map.state !== "ended") return;
    const map = await this.ca!.map<Element>(`whiteboard:${this.name}/board`);
    this.map = map;
    this.board.replace(map.entries() as Iterable<Placed>, map.version);
    map.on("change", ({ set, deleted, reset, version }) => {
      if (reset) this.board.replace(map.entries() as Iterable<Placed>, version);
      else this.board.merge(set as Iterable<Placed>, deleted, version);
    });
    map.on("state", ({ state, reason }) => {
      if (state === "ended") this.shutOut(new WabError(reason?.code ?? "unavailable", reason?.message ?? ""));
    });
    this.hears.opened(map);
  }

  private shutOut(e: unknown): void {
    const error = e instanceof WabError ? e : new WabError("internal", String(e));
    if (error.code === "not_allowed" || error.code === "not_found") {
      remember(this.owner, this.name, undefined);
      this.knock.again();
    }
    this.board.replace([], Infinity);
    this.hears.access(undefined);
    this.hears.shut(error);
  }

  private onState(status: Status): void {
    if (this.knock.on && (status.state === "connecting" || status.state === "refused")) return; // which is what the page says already
    this.hears.state(status);
    if (status.state === "live") {
      this.outbox.resume();
      this.askAnew();
    }
    if (status.state === "refused") this.hears.shut(new WabError(status.reason?.code ?? "internal", status.reason?.message ?? ""));
  }

  private refused(ids: string[], error: unknown): void {
    this.board.dropped(ids);
    this.hears.refused(error);
    if ((error as { code?: string }).code === "not_allowed") this.ask().catch((e: unknown) => this.shutOut(e));
  }

  private changed(): void {
    this.kept.changed();
    this.hears.unsent(this.outbox.size);
  }
}

/** What one may do is remembered, so that one can go on without a connection. The server has the last word anyway. */
const key = (owner: string, board: string): string => `whiteboard access ${owner} ${board}`;

function recall(owner: string, board: string): Access | undefined {
  if (board.startsWith(`${owner}/`)) return { role: "owner", link: "" };
  try {
    return JSON.parse(localStorage.getItem(key(owner, board)) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(owner: string, board: string, access: Access | undefined): void {
  try {
    if (access) localStorage.setItem(key(owner, board), JSON.stringify(access));
    else localStorage.removeItem(key(owner, board));
  } catch {
    // then it is asked for again
  }
}
