/** Which actions were heard of: signals come twice, over the socket and over the data channel, and in any order. Pure. */

/** Of each member, the newest this many are told apart; older ones count as heard. */
const span = 256;

interface Known {
  newest: number;
  readonly recent: Set<number>;
}

export class Heard {
  private readonly members = new Map<string, Known>();

  /** first tells whether it is the first time. */
  first(member: string, action: number): boolean {
    let k = this.members.get(member);
    if (!k) this.members.set(member, (k = { newest: 0, recent: new Set() }));
    if (action <= k.newest - span || k.recent.has(action)) return false;
    k.recent.add(action);
    k.newest = Math.max(k.newest, action);
    if (k.recent.size > 2 * span) for (const a of [...k.recent]) if (a <= k.newest - span) k.recent.delete(a);
    return true;
  }
}
