/** Who is seen: one tile for each person, and one for each screen that is shared. */
import type { Call } from "./call.ts";
import { h, set } from "./dom.ts";
import type { Person, Source } from "./signal.ts";
import { type Look, Tile } from "./tile.ts";
import { nameOf } from "./words.ts";

/** Louder than this, −dBov, somebody speaks; the server tells who does most. */
const speaking = 45;
/** With more tiles than these they are smaller. */
const group = 6, crowd = 15;
/** In a layer wider than this, px, there is room for a screen beside the app. */
const wide = 1000;
/** In larger rooms those who only look on have no tile. */
const intimate = 12;

export class Stage {
  readonly el = h("ul", { class: "dock", "aria-label": "People in the call" });
  private readonly tiles = new Map<string, Tile>();

  /** @param changed hears when tiles came, went or were moved */
  constructor(private readonly layer: HTMLElement, private readonly changed: () => void) {}

  /** sync shows what a call is like now. */
  sync(call: Call): void {
    const looks = looksOf(call);
    for (const [key, tile] of this.tiles) if (!looks.has(key)) this.remove(key, tile);
    let at: Element | null = this.el.firstElementChild;
    for (const [key, [member, look]] of looks) {
      const tile = this.tiles.get(key) ?? this.add(key, member, look);
      tile.show(look);
      if (tile.el === at) at = at.nextElementSibling;
      else this.el.insertBefore(tile.el, at);
    }
    this.el.hidden = this.tiles.size === 0;
    set(this.layer, "data-many", this.tiles.size > crowd ? "crowd" : this.tiles.size > group ? "group" : false);
    this.changed();
  }

  /** levels shows who speaks. */
  levels(levels: ReadonlyMap<string, number>, active: string): void {
    for (const t of this.tiles.values()) if (t.source === "camera") t.speak(t.member === active || (levels.get(t.member) ?? 127) < speaking);
  }

  video(member: string, source: Source): HTMLVideoElement | undefined {
    return this.tiles.get(`${member}/${source}`)?.video;
  }

  /** cameras are the tiles with a person's picture. */
  get cameras(): Tile[] { return [...this.tiles.values()].filter((t) => t.source === "camera" && t.showing); }

  get moved(): boolean { return [...this.tiles.values()].some((t) => t.movable.free); }

  /** dock puts all tiles back. */
  dock(): void {
    for (const t of this.tiles.values()) t.movable.dock();
  }

  focus(): void { (this.el.firstElementChild as HTMLElement | null)?.focus(); }

  clear(): void {
    for (const [key, tile] of this.tiles) this.remove(key, tile);
  }

  private add(key: string, member: string, { source, self }: Look): Tile {
    const tile = new Tile(member, source, this.layer, this.changed);
    this.tiles.set(key, tile);
    if (source === "screen" && !self && this.layer.clientWidth > wide) tile.movable.enlarge(); // it is there to be read
    return tile;
  }

  private remove(key: string, tile: Tile): void {
    tile.remove();
    this.tiles.delete(key);
  }
}

/** looksOf lists the tiles in their order: ourselves, the others as they came, and screens. */
function looksOf(call: Call): Map<string, [member: string, look: Look]> {
  const all: [string, Look][] = [];
  const others = call.people.filter((p) => p.member !== call.me).sort((a, b) => a.since - b.since);
  const me = call.people.find((p) => p.member === call.me);
  const self = me && (call.may.has("publish") || call.sending.length > 0) ? me : undefined;
  if (self) all.push([self.member, { ...about(self), source: "camera", self: true, track: call.track("camera"), heard: call.track("mic") !== undefined && !muted(self) }]);
  for (const p of others) {
    if (p.sources.length > 0 || call.people.length <= intimate) all.push([p.member, { ...about(p), source: "camera", self: false, track: track(call, p, "camera"), heard: heard(p) }]);
  }
  for (const p of others) if (track(call, p, "screen")) all.push([p.member, { ...about(p), source: "screen", self: false, track: track(call, p, "screen"), heard: true }]);
  if (self && call.track("screen")) all.push([self.member, { ...about(self), source: "screen", self: true, track: call.track("screen"), heard: true }]);
  return new Map(all.map(([member, look]) => [`${member}/${look.source}`, [member, look]]));
}

const about = (p: Person): { name: string; principal: string } => ({ name: nameOf(p), principal: p.principal });
const muted = (p: Person): boolean => p.sources.some((s) => s.source === "mic" && s.muted);
const heard = (p: Person): boolean => p.sources.some((s) => s.source === "mic" && !s.off && !s.muted);

function track(call: Call, p: Person, source: Source): MediaStreamTrack | undefined {
  const there = p.sources.some((s) => s.source === source && !s.off && !s.muted);
  return there ? call.streams.get(`${p.member}/${source}`)?.track : undefined;
}
