// Whose posts count here, and whom else's timelines one may look at: those of friends who count one a friend.
import { type Handle, type SharedMap, WabError } from "@wabgo/client";
import type { Outcome } from "./timeline.ts";

/** problemWithFriend tells what is wrong with a name or a group's name, or nothing. The server has the last word. */
export function problemWithFriend(who: string): string {
  if (who === "") return "Whom do you mean?";
  const parts = who.replace(/^[a-z0-9-]+:/, "").split("/");
  if (parts.length > 3 || parts.some((p) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(p))) return "A name like bob, or a group like bob/home/acl: small letters, digits and dashes.";
  return "";
}

/** isGroup tells whether a name is that of a group. */
export const isGroup = (who: string): boolean => who.split("/").length === 3;

/** aboutFriend says what a member of the group means. */
export const aboutFriend = (who: string): string => (isGroup(who) ? `all whom ${who.replace(/^[^:]*:/, "").split("/")[0]} lets in` : "may post");

/** Refused ones are asked again this much later, in ms: they may have let one in meanwhile. */
const again = 15_000;

/** Timelines follows those of several owners. One that doesn't let us see theirs is asked again now and then. */
export class Timelines {
  readonly maps = new Map<string, SharedMap<Outcome[]>>();
  private readonly asked = new Set<string>();

  constructor(private readonly ca: Handle, private readonly changed: () => void) {}

  /** follow begins with an owner's timeline, unless it is followed already. */
  follow(owner: string): void {
    if (this.asked.has(owner)) return;
    this.asked.add(owner);
    void this.open(owner);
  }

  private async open(owner: string): Promise<void> {
    try {
      const map = await this.ca.map<Outcome[]>(`${owner}/home/timeline`);
      this.maps.set(owner, map);
      map.on("change", this.changed);
      map.on("state", ({ state }) => state === "ended" && this.lost(owner));
      this.changed();
    } catch (e) {
      if (e instanceof WabError && (e.code === "not_allowed" || e.code === "not_found" || e.code === "unavailable")) this.lost(owner);
    }
  }

  private lost(owner: string): void {
    if (this.maps.delete(owner)) this.changed();
    setTimeout(() => void this.open(owner), again);
  }
}
