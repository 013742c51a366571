/** A lamp without hardware. It speaks as our own lamp does (lamps.ts), and what it is like is drawn by whoever shows it. */
import { WabError } from "@wabgo/client";
import { ownLamp } from "./lamps.ts";
import { type Cell, Virtual } from "./virtual.ts";

export function virtualLamp(name = "Virtual lamp"): Virtual {
  const cell = (uuid: string, value: number[], most: number): Cell => ({
    service: ownLamp.service, uuid, can: ["read", "write", "notify"], value: Uint8Array.from(value),
    write(v) {
      if (v.length !== value.length || v.some((b) => b > most)) throw new WabError("bad_request", `${name} doesn’t take that value.`);
    },
  });
  return new Virtual(name, [cell(ownLamp.on, [0], 1), cell(ownLamp.colour, [255, 184, 77], 255), cell(ownLamp.brightness, [80], 100)]);
}
