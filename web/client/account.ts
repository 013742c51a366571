/** Who the page acts for. Tokens are kept in localStorage, by server and owner; the one that signed in last is the default. */
import { WabError, type Code, unreachable } from "./error.ts";
import { nameOf } from "./frame.ts";
import { backgroundFor, defaultServer, running } from "./spawn.ts";

/** Account is where an owner is signed in. */
export interface Account {
  readonly server: string;
  readonly owner: string;
}

const tokenKey = (a: Account): string => `wab token ${a.server} ${a.owner}`;
const ownerKey = (server: string): string => `wab owner ${server}`;

/** storage is localStorage, or for a page that may not have it (a sandbox) a Map that ends with the page. */
const storage = ((): Pick<Storage, "getItem" | "setItem" | "removeItem"> => {
  try {
    localStorage.getItem("");
    return localStorage;
  } catch {
    const m = new Map<string, string>();
    return { getItem: (k) => m.get(k) ?? null, setItem: (k, v) => void m.set(k, v), removeItem: (k) => void m.delete(k) };
  }
})();

/** serverOrigin makes an origin of what the page says, so that one server has one key. */
export function serverOrigin(server?: string): string {
  return server ? new URL(server, globalThis.location?.href).origin : defaultServer();
}

/** signedIn tells who is signed in on a server, if anybody is. In a sandboxed frame it is whom the page around it lends a connection of. */
export function signedIn(server?: string): string | undefined {
  return nameOf() || (storage.getItem(ownerKey(serverOrigin(server))) ?? undefined);
}

/** tokenOf is the stored token of an owner, or of the one who signed in last. */
export function tokenOf(server: string, owner?: string): string | undefined {
  const who = owner ?? storage.getItem(ownerKey(server));
  return (who && storage.getItem(tokenKey({ server, owner: who }))) || undefined;
}

export const signIn = {
  /** guest signs in without proof, where the server allows it (in development). The same name may be used again. */
  async guest(owner: string, options: { server?: string } = {}): Promise<Account> {
    const server = serverOrigin(options.server);
    const { token } = await post<{ token: string }>(`${server}/account/guest`, { owner });
    return keep({ server, owner }, token);
  },

  /** token signs in with a token that the page already has, such as one of the wab token command. */
  async token(owner: string, token: string, options: { server?: string } = {}): Promise<Account> {
    return keep({ server: serverOrigin(options.server), owner }, token);
  },
};

/** Scope is what a token is narrowed to; what is left out stays as it is. */
export interface Scope {
  readonly app?: string;
  /** owner/ca, in whichever app. */
  readonly ca?: string;
  /** Methods, and maps by their labels. */
  readonly methods?: readonly string[];
  /** How long it is good, at most as long as the one it comes from. */
  readonly seconds?: number;
}

/** narrow makes a token that opens less than the stored one: for frames, devices and programs. */
export async function narrow(scope: Scope, options: { server?: string; owner?: string } = {}): Promise<string> {
  const server = serverOrigin(options.server);
  const token = tokenOf(server, options.owner);
  if (!token) throw new WabError("unauthenticated", "Nobody is signed in. Sign in and try again.");
  return (await post<{ token: string }>(`${server}/account/token`, scope, token)).token;
}

/** keep stores a token and hands it to the sessions of that owner that are open. */
async function keep(account: Account, token: string): Promise<Account> {
  storage.setItem(tokenKey(account), token);
  storage.setItem(ownerKey(account.server), account.owner);
  for (const b of await running()) b.post({ t: "token", target: { server: account.server, token } });
  return account;
}

/** signOut erases the owner's token, and ends their sessions in all pages of this origin. Without an owner it is the one who signed in last. */
export async function signOut(options: { server?: string; owner?: string } = {}): Promise<void> {
  const server = serverOrigin(options.server);
  const owner = options.owner ?? storage.getItem(ownerKey(server));
  if (!owner) return;
  storage.removeItem(tokenKey({ server, owner }));
  if (storage.getItem(ownerKey(server)) === owner) storage.removeItem(ownerKey(server));
  (await backgroundFor(server, owner)).post({ t: "forget", server, owner });
}

/** Tabs with a worker of their own learn from the storage that another one has signed in or out. */
if (typeof addEventListener === "function" && typeof window !== "undefined") {
  addEventListener("storage", ({ key, newValue }) => {
    const [, , server, owner] = key?.startsWith("wab token ") ? key.split(" ") : [];
    if (!server || !owner) return;
    void running().then((all) => {
      for (const b of all) b.post(newValue ? { t: "token", target: { server, token: newValue } } : { t: "forget", server, owner });
    });
  });
}

async function post<T>(url: string, body: unknown, token?: string): Promise<T> {
  let res: Response;
  try {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    res = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  } catch {
    throw new WabError("unavailable", unreachable(new URL(url).origin, globalThis.location?.origin), 1000);
  }
  const answer = (await res.json().catch(() => ({}))) as T & { error?: { code: Code; message: string } };
  if (res.ok) return answer;
  const retry = 1000 * Number(res.headers.get("Retry-After") ?? 0);
  throw new WabError(answer.error?.code ?? "internal", answer.error?.message ?? `The server answered ${res.status}.`, retry || 0);
}
