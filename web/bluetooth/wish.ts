/** What somebody wants who moves a slider: one command at a time, and of those in between only the latest. */
export class Wish<V> {
  private next: { value: V } | undefined;
  private busy = false;

  constructor(private readonly fulfil: (value: V) => Promise<void>) {}

  /** pending tells whether something is on its way still. */
  get pending(): boolean { return this.busy; }

  want(value: V): void {
    this.next = { value };
    if (!this.busy) void this.run();
  }

  private async run(): Promise<void> {
    this.busy = true;
    while (this.next) {
      const { value } = this.next;
      this.next = undefined;
      await this.fulfil(value);
    }
    this.busy = false;
  }
}
