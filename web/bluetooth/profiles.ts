/** The profiles there are. */
import type { Service } from "./driver.ts";
import { generic } from "./generic.ts";
import { heartRate } from "./heart.ts";
import { lamp } from "./lamp.ts";
import type { Fit, Profile } from "./profile.ts";

export const profiles: readonly Profile[] = [lamp, heartRate, generic];

/** anything is for choosing any device: whatever a profile knows is asked for. */
export const anything: Profile = { ...generic, extra: [...new Set(profiles.flatMap((p) => [...p.services, ...(p.extra ?? [])]))] };

export const profileNamed = (name: string): Profile | undefined => profiles.find((p) => p.name === name);

/** fitting is the first profile that can drive a device with these services, wanted before others. */
export function fitting(services: readonly Service[], wanted?: Profile): { profile: Profile; fit: Fit } {
  for (const profile of wanted ? [wanted, ...profiles] : profiles) {
    const fit = profile.fit(services);
    if (fit) return { profile, fit };
  }
  throw new Error("generic fits all");
}
