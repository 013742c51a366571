/** A heart-rate sensor without a heart: its values wander as a resting one's do. */
import { measurement } from "./heart.ts";
import { type Timers, timers } from "./turns.ts";
import { Virtual } from "./virtual.ts";

/** One measurement a second, in ms. */
const every = 1000;

export function virtualHeart(name = "Virtual heart", clock: Timers = timers, random: () => number = Math.random): Virtual {
  const device = new Virtual(name, [
    { service: "180d", uuid: "2a37", can: ["notify"], value: Uint8Array.of(0, 0) },
    { service: "180d", uuid: "2a38", can: ["read"], value: Uint8Array.of(1) },
    { service: "180f", uuid: "2a19", can: ["read", "notify"], value: Uint8Array.of(87) },
  ]);
  const pulse = new Pulse(random);
  const beat = (): void => {
    if (device.reach === "gone") return;
    device.put(measurement, pulse.next());
    clock.after(every, beat);
  };
  clock.after(0, beat);
  return device;
}

/** Pulse drifts slowly to ever new aims, and breath moves it a little up and down. */
class Pulse {
  private bpm = 68;
  private aim = 68;
  private t = 0;

  constructor(private readonly random: () => number) {}

  next(): Uint8Array {
    this.t++;
    if (this.random() < 0.06) this.aim = 58 + this.random() * 46;
    this.bpm += (this.aim - this.bpm) * 0.12 + (this.random() - 0.5);
    const bpm = Math.round(Math.min(Math.max(this.bpm + 2 * Math.sin(this.t / 2.2), 45), 180));
    const rr = Math.round((60 / bpm) * 1024);
    return Uint8Array.of(0x16, bpm, rr & 255, rr >> 8); // contact, and one interval
  }
}
