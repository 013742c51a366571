/** What a card shows of a device, and what one does with it there: one kind for each profile. */
import type { DeviceView } from "./view.ts";

/** Do has the device run a command; it never rejects: what goes wrong is shown on the card. */
export type Do = (command: string, ...args: unknown[]) => Promise<void>;

export interface Face {
  readonly figure: Element | undefined;
  readonly controls: Element;
  update(view: DeviceView, usable: boolean): void;
  /** What is said of it aloud when that changes: "on", "off". */
  spoken(view: DeviceView): string;
}
