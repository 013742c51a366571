/**
 * A sandboxed frame (sandbox="allow-scripts") has an opaque origin: no workers, no storage. The page that embeds it lends it a port of its
 * own background worker, bound to a token: whatever the frame says, the worker acts with that token and on that server only.
 */
import { serverOrigin, signedIn } from "./account.ts";
import { WabError } from "./error.ts";
import { nameFor } from "./frame.ts";
import { backgroundFor } from "./spawn.ts";
import { claims } from "./token.ts";

let bindings = 0;

/** serve binds a port to a token. Narrow the token first: the frame can do all that it allows. close ends the frame's sessions. */
export async function serve(port: MessagePort, token: string, options: { server?: string } = {}): Promise<{ close(): void }> {
  const target = { server: serverOrigin(options.server), token };
  const background = await backgroundFor(target.server, claims(token).owner);
  const id = ++bindings;
  background.post({ t: "bind", id, target }, [port]);
  return { close: () => background.post({ t: "unbind", id }) };
}

/**
 * serveFrame gives a frame a bound port each time it asks, with parentPort() or by connect(); a frame that reloads gets a new one, and the old one ends. A function is
 * asked for a token each time, with renew where the one before is to be replaced. Call it before the frame is in the page: it puts whom the frame acts for into its name.
 */
export function serveFrame(frame: HTMLIFrameElement, token: string | (() => Promise<string>), options: { server?: string; owner?: string } = {}): { close(): void } {
  let bound: Promise<{ close(): void }> | undefined;
  frame.name = nameFor(options.owner ?? (typeof token === "string" ? claims(token).owner : (signedIn(options.server) ?? "")));
  const listener = (e: MessageEvent): void => {
    if (e.source !== frame.contentWindow || (e.data as { wab?: unknown } | null)?.wab !== "port") return;
    void bound?.then((b) => b.close(), () => {});
    const { port1, port2 } = new MessageChannel();
    bound = Promise.resolve(typeof token === "string" ? token : token()).then((t) => serve(port1, t, options));
    bound.catch(() => port1.close()); // the frame's own patience ends, and it says so
    frame.contentWindow?.postMessage({ wab: "port" }, "*", [port2]); // an opaque origin has no name to aim at; the window is the right one
  };
  addEventListener("message", listener);
  return {
    close() {
      removeEventListener("message", listener);
      void bound?.then((b) => b.close(), () => {});
    },
  };
}

/** parentPort asks the embedding page for a port, to be given to connect(). It rejects after timeout ms. */
export function parentPort(timeout = 10_000): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(() => reject(new WabError("unavailable", "The embedding page did not lend a connection."))), timeout);
    const listener = (e: MessageEvent): void => {
      if (e.source !== parent || (e.data as { wab?: unknown } | null)?.wab !== "port" || !e.ports[0]) return;
      const port = e.ports[0];
      end(() => resolve(port));
    };
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      removeEventListener("message", listener);
      settle();
    };
    addEventListener("message", listener);
    parent.postMessage({ wab: "port" }, "*");
  });
}
