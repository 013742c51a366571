/** The browser's own list of devices nearby. */
import type { Profile } from "./profile.ts";
import { full, isUUID } from "./uuid.ts";
import type { Bluetooth, BluetoothDevice, RequestOptions } from "./webbluetooth.ts";
import { noUUID, notChosen, whyNot } from "./words.ts";

/**
 * choose has the browser show its list of devices of a profile, or of all where the profile asks for nothing, and resolves with the chosen one, or with
 * undefined where somebody closed the list. It must be called while a click or key is handled, on a page that whyNot has nothing against. services are more to be let in on: a
 * page sees no others.
 */
export async function choose(profile: Profile, services: readonly string[] = [], bluetooth: Bluetooth | undefined = navigator.bluetooth): Promise<BluetoothDevice | undefined> {
  if (!bluetooth) throw whyNot();
  for (const s of services) if (!isUUID(s)) throw noUUID(s);
  try {
    return await bluetooth.requestDevice(requestOf(profile, services));
  } catch (e) {
    const why = notChosen(e);
    if (why) throw why;
    return undefined;
  }
}

export function requestOf(profile: Profile, services: readonly string[]): RequestOptions {
  const optionalServices = [...new Set([...profile.services, ...(profile.extra ?? []), ...services].map(full))];
  if (!profile.services.length) return { acceptAllDevices: true, optionalServices };
  return { filters: [...profile.services.map((s) => ({ services: [full(s)] })), ...(profile.prefixes ?? []).map((namePrefix) => ({ namePrefix }))], optionalServices };
}
