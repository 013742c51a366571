/** Where a tile stands once it has been moved: pure, so that it can be tested. Places are shares of the room there is, so that they hold when the window changes. */

export interface Size {
  readonly w: number;
  readonly h: number;
}

/** Place is how far a tile stands from the left and the top: 0 to 1 of the room that it leaves. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** At most this far from an edge, in px, a tile that is let go parks there. */
const parking = 40;
/** Widths of a tile, px. */
export const narrowest = 88;
export const widest = 1280;

const clamp = (n: number, low: number, high: number): number => Math.min(Math.max(n, low), Math.max(low, high));

/** placeAt is the place of a tile whose corner is at left, top of the room. */
export function placeAt(left: number, top: number, tile: Size, room: Size): Place {
  const share = (at: number, free: number): number => (free <= 0 ? 0 : clamp(at / free, 0, 1));
  return { x: share(left, room.w - tile.w), y: share(top, room.h - tile.h) };
}

/** park moves a tile to the edges that it is near. */
export function park(p: Place, tile: Size, room: Size): Place {
  const near = (share: number, free: number): number => (share * free <= parking ? 0 : (1 - share) * free <= parking ? 1 : share);
  return { x: near(p.x, room.w - tile.w), y: near(p.y, room.h - tile.h) };
}

/** nudge moves by px, as far as there is room. */
export function nudge(p: Place, dx: number, dy: number, tile: Size, room: Size): Place {
  return placeAt(p.x * Math.max(0, room.w - tile.w) + dx, p.y * Math.max(0, room.h - tile.h) + dy, tile, room);
}

/** widthOf keeps a width within what is sensible in a room. */
export function widthOf(w: number, aspect: number, room: Size): number {
  return Math.round(clamp(w, narrowest, Math.min(widest, room.w, room.h * aspect)));
}
