/** A scripted server that has rooms. */
import type { Value } from "../cbor.ts";
import { agreeable, type FakeSocket, type Frame, type World } from "./world.ts";

/** RoomServer answers for rooms, and as agreeable does for everything else. Whoever enters is told of the hello that they sent. */
export class RoomServer {
  readonly members = new Map<string, string>(); // by secret
  readonly said: [member: string, value: Value][] = [];
  refusal: [code: string, retryAfter: number] | undefined;
  private readonly calls = new Map<string, [socket: FakeSocket, call: number, member: string]>(); // by socket and call
  private ids = 0;

  constructor(private readonly world: World) {
    world.server = (s, f) => this.serve(s, f);
  }

  /** say says something to everybody who is connected. */
  say(value: Value): void {
    this.each((s, call) => s.reply(89, call, value));
  }

  /** end refuses everybody, in there or not. */
  end(code: string, retryAfter = 0): void {
    this.refusal = [code, retryAfter];
    this.each((s, call) => s.reply(90, call, code, "Because.", retryAfter));
    this.calls.clear();
  }

  /** here are the members whose calls are open on the newest connection. */
  get here(): string[] {
    const all: string[] = [];
    this.each((_s, _call, member) => all.push(member));
    return all;
  }

  each(f: (s: FakeSocket, call: number, member: string) => void): void {
    for (const [s, call, member] of this.calls.values()) if (s === this.world.socket) f(s, call, member);
  }

  private serve(s: FakeSocket, f: Frame): void {
    const key = `${this.world.sockets.indexOf(s)} ${f[1] as number}`;
    if (f[0] === 69) this.open(s, key, f);
    else if (f[0] === 70) this.said.push([this.calls.get(key)?.[2] ?? "nobody", f[2]!]);
    else if (f[0] === 71) this.calls.delete(key);
    else agreeable(this.world, s, f);
  }

  private open(s: FakeSocket, key: string, [, call, , member, secret, hello]: Frame): void {
    if (this.refusal) return s.reply(90, call!, this.refusal[0], "Because.", this.refusal[1]);
    const resumed = secret !== "" && this.members.get(secret as string) === member;
    const [who, proof] = resumed ? [member as string, secret as string] : [`member-${++this.ids}`, `secret-${this.ids}`];
    this.members.set(proof, who);
    this.calls.set(key, [s, call as number, who]);
    s.reply(88, call!, resumed, who, proof, hello!);
  }
}
