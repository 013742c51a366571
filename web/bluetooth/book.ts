/** What was done with a device lately, for all who look at it. */
import type { Running } from "@wabgo/client";
import { clean } from "./words.ts";

/** So many entries are kept. */
const most = 8;

/** Entry is one command: at is when it ran, ms by the server's clock. */
export interface Entry {
  readonly bundle: string;
  readonly command: string;
  readonly args: string;
  readonly at: number;
  readonly error?: string;
}

export class Book {
  private readonly all: Entry[] = [];

  constructor(private readonly now: () => number) {}

  add({ bundle }: Running, command: string, args: readonly unknown[], error?: Error): void {
    this.all.push({ bundle, command, args: clean(args.map(String).join(" "), 64), at: this.now(), ...(error && { error: clean(error.message, 200) }) });
    if (this.all.length > most) this.all.shift();
  }

  entries(): Entry[] {
    return this.all.slice();
  }
}
