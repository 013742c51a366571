/** Waiting for a room that is not open: its state is a map of its name, which all who may enter can see. */

interface RoomState {
  has(key: string): boolean;
  on(event: "change", listener: () => void): () => void;
  close(): void;
}

/** Maps is what is needed of a connected CA. */
export interface Maps {
  map(name: string): Promise<RoomState>;
}

/** A room that was just closed may look open for so long, ms, until the news are here. */
const settling = 1_000;

/** whenOpen calls back once when the room is open. What it returns ends the waiting. */
export function whenOpen(ca: Maps, room: string, then: () => void): () => void {
  let state: RoomState | undefined;
  let over = false;
  const end = (): void => {
    over = true;
    clearTimeout(timer);
    state?.close();
  };
  const look = (): void => {
    if (over || !state?.has("open")) return;
    end();
    then();
  };
  const timer = setTimeout(() => {
    ca.map(room).then((map) => {
      state = map;
      if (over) return map.close();
      map.on("change", look);
      look();
    }, () => {}); // refused: whoever may not see it is not told
  }, settling);
  return end;
}
