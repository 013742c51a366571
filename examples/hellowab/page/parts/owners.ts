// The CAs whose devices are here. What somebody does to a device is asked of its owner's CA as themselves: it decides, and it knows whom it has listened to.
import { connect, type Handle } from "@wabgo/client";
import type { Deed } from "./call.ts";
import type { Moment, Names } from "./meeting.ts";

export class Owners {
  private readonly all = new Map<string, Promise<Handle>>();

  constructor(private readonly names: Names) {}

  /** act has a device do something, at a moment of somebody's video where there is one. It rejects with the owner's refusal. */
  async act({ device, command, args }: Deed, moment?: Moment): Promise<void> {
    const cut = device.lastIndexOf("/");
    const ca = await this.of(device.slice(0, cut));
    await ca.call("DeviceDo", [device.slice(cut + 1), command, args, moment ?? null]);
  }

  close(): void {
    for (const ca of this.all.values()) void ca.then((c) => c.close(), () => undefined);
    this.all.clear();
  }

  private of(ca: string): Promise<Handle> {
    let known = this.all.get(ca);
    if (known) return known;
    known = connect({ app: "hellowab", ca, owner: this.names.me });
    known.then((c) => c.on("state", ({ state }) => state === "refused" && this.all.delete(ca)), () => this.all.delete(ca));
    this.all.set(ca, known);
    return known;
  }
}
