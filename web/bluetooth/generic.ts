/** Any device: what it has can be read, written and followed as it is. */
import type { Profile } from "./profile.ts";

export const generic: Profile = {
  name: "generic",
  services: [],
  extra: [
    "1800", "180a", "180f", "1802", "1803", "1804", "1809", "180d", "1810", "1815", "1816", "1818", "181a", "181b", "181c", "181d", "181e", "1826",
    "6e400001-b5a3-f393-e0a9-e50e24dcca9e", // Nordic UART: many boards talk by it
  ],
  fit: () => ({ commands: {}, reads: ["180f/2a19", "180a/2a29", "180a/2a24"], follows: ["180f/2a19"], state: {}, heard: () => undefined }),
};
