/** A scripted server that has topics. */
import type { Value } from "../cbor.ts";
import { agreeable, type FakeSocket, type Frame, type World } from "./world.ts";

/** ServedTopic is one topic on the server. Its values are what was published. */
export class ServedTopic {
  epoch = 7;
  oldest = 0; // what is remembered begins behind it
  readonly values: Value[] = [];
}

/** TopicServer answers for topics, and as agreeable does for everything else. */
export class TopicServer {
  readonly topics = new Map<string, ServedTopic>();
  readonly refused = new Map<string, [code: string, message: string]>();
  private readonly subs = new Map<string, [socket: FakeSocket, topic: string]>(); // by socket and number
  private ids = 0;

  constructor(private readonly world: World) {
    world.server = (s, f) => this.serve(s, f);
  }

  topic(name: string, ...values: Value[]): ServedTopic {
    const t = new ServedTopic();
    t.values.push(...values);
    this.topics.set(name, t);
    return t;
  }

  /** publish publishes values, in one frame to each subscription. */
  publish(name: string, ...values: Value[]): void {
    const t = this.topics.get(name)!;
    const after = t.values.length;
    t.values.push(...values);
    this.each(name, (s, id) => s.reply(...this.batch(id, t, after)));
  }

  /** lose tells everybody that some were published which they will never see. */
  lose(name: string, n: number): void {
    const t = this.topics.get(name)!;
    for (let i = 0; i < n; i++) t.values.push(null);
    t.oldest = t.values.length;
    this.each(name, (s, id, sub) => s.reply(85, sub, id, t.epoch, t.oldest, true, n));
  }

  /** end refuses a topic from now on. */
  end(name: string, code: string): void {
    this.refused.set(name, [code, "Because."]);
    this.each(name, (s, _, sub) => s.reply(87, sub, code, "Because.", 0));
  }

  private each(name: string, f: (s: FakeSocket, id: number, sub: number) => void): void {
    for (const [key, [s, topic]] of this.subs) {
      const [, id, sub] = key.split(" ").map(Number);
      if (topic === name && s === this.world.socket) f(s, id!, sub!);
    }
  }

  private batch(id: number, t: ServedTopic, after: number): Frame {
    const messages = t.values.slice(after).map((v, i) => [after + 1 + i, 1_700_000_000_000_500 + i, "counter:bob/home", v]);
    return [86, id, t.epoch, after, t.values.length, messages];
  }

  private serve(s: FakeSocket, f: Frame): void {
    if (f[0] === 67) this.open(s, f);
    else if (f[0] === 68) [...this.subs.keys()].filter((k) => k.endsWith(` ${f[1] as number}`)).forEach((k) => this.subs.delete(k));
    else agreeable(this.world, s, f);
  }

  private open(s: FakeSocket, [, sub, name, epoch, offset]: Frame): void {
    const no = this.refused.get(name as string);
    if (no) return s.reply(87, sub!, ...no, 0);
    const t = this.topics.get(name as string), id = ++this.ids;
    this.subs.set(`${this.world.sockets.indexOf(s)} ${id} ${sub as number}`, [s, name as string]);
    if (!t) return s.reply(85, sub!, id, 0, 0, false, 0);
    const known = epoch === t.epoch, from = known ? Math.max(offset as number, t.oldest) : epoch ? t.oldest : t.values.length;
    const gap = epoch !== 0 && !(known && from === offset);
    s.reply(85, sub!, id, t.epoch, from, gap, gap && known ? from - (offset as number) : 0);
    if (from < t.values.length) s.reply(...this.batch(id, t, from));
  }
}

