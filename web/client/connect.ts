import { serverOrigin, tokenOf } from "./account.ts";
import type { Background } from "./background.ts";
import { WabError } from "./error.ts";
import { embedded } from "./frame.ts";
import { lentPort } from "./lent.ts";
import { randomText } from "./lock.ts";
import type { Status, Target } from "./protocol.ts";
import { type Handle, Session } from "./session.ts";
import { backgroundBehind, backgroundFor } from "./spawn.ts";
import { claims } from "./token.ts";

/** Methods is what a CA looks like to a page that brings no types: every name in upper case is a method. */
export type Methods = { [method: Capitalize<string>]: (...args: any[]) => Promise<any> };

export interface ConnectOptions {
  /** The app, such as "counter". */
  app: string;
  /** The CA: "home" (the owner's own), "alice/home" (somebody's), or with its app "counter:alice/home". */
  ca: string;
  /** The server's origin; where this script came from unless said. */
  server?: string;
  /** A token to use instead of the stored one. */
  token?: string;
  /** Which signed-in owner to act for; the last one unless said. */
  owner?: string;
  /** The session's name with the CA: a label. A name of your own, such as "phone", is what a CA can send notes to; the same name opened elsewhere takes over. */
  session?: string;
  /** How many notes the server holds while this page is away or slow: 1 is the latest only, 100 the default, 1000 the most. */
  keep?: number;
  /** How long a call may take, waiting for a connection included, in ms; 30,000 unless said, 0 for as long as it takes. */
  timeout?: number;
  /** A port that the embedding page has bound with serve(). It brings server and token. In a sandboxed frame it is asked for, unless there is a token. */
  port?: MessagePort;
  /** Asked for a fresh token a minute before the present one expires, or when the server takes it no more. Without it such a session is refused. */
  renew?: () => Promise<string>;
  /** false: resolve as soon as the CA's name is known, and not when the session is live. Calls wait for it; maps are there from the cache, offline too. */
  wait?: boolean;
  /** Hears the states from the very first. */
  onState?: (status: Status) => void;
}

/**
 * connect opens a session with a CA. The promise resolves when the session is live and rejects with a WabError when it is refused;
 * while there is no network it waits, unless wait is false. Afterwards the session comes back by itself after every cut, and calls are neither lost nor doubled.
 */
export async function connect<T extends object = Methods>(o: ConnectOptions): Promise<T & Handle> {
  const { background, target } = await way(o);
  const open = { app: o.app, ca: o.ca, session: o.session ?? `tab-${randomText(10)}`, keep: o.keep ?? 0, ...(target && { target }) };
  const session = new Session(background, open, o.timeout ?? 30_000, o.renew);
  if (o.onState) session.on("state", o.onState);
  try {
    await session.ready(o.wait ?? true);
  } catch (e) {
    session.close();
    throw e;
  }
  return withMethods<T>(session);
}

async function way(o: ConnectOptions): Promise<{ background: Background; target?: Target }> {
  if (o.port) return { background: backgroundBehind(o.port) };
  if (!o.token && embedded()) return { background: backgroundBehind(await lentPort()) };
  const server = serverOrigin(o.server);
  const token = o.token ?? tokenOf(server, o.owner);
  if (!token) throw new WabError("unauthenticated", "Nobody is signed in. Sign in and connect again.");
  return { background: await backgroundFor(server, claims(token).owner), target: { server, token } };
}

/** isMethod: methods of CAs are exported Go names, which begin in upper case. So nothing of ours and no "then" is ever taken for one. */
const isMethod = (key: string | symbol): key is string => typeof key === "string" && /^\p{Lu}/u.test(key);

/** withMethods makes every upper-case property a method of the CA. */
export function withMethods<T extends object>(session: Session): T & Handle {
  const methods = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  return new Proxy(session, {
    get(target, key) {
      if (!isMethod(key)) {
        const own: unknown = Reflect.get(target, key, target);
        return typeof own === "function" ? own.bind(target) : own;
      }
      let m = methods.get(key);
      if (!m) methods.set(key, (m = (...args) => target.call(key, args)));
      return m;
    },
    set: () => false,
  }) as unknown as T & Handle;
}
