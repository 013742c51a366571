/**
 * Where the background worker lives: a SharedWorker for all pages of an origin that act for the same owner, else a worker of the page's
 * own. A page of another origin can't construct our worker by its URL; a blob that imports it serves there, and blobs are never shared.
 */
import { Background, type Candidate } from "./background.ts";
import { protocolVersion } from "./protocol.ts";

/** The worker's file beside this one; tools/build knows it. Without a build it stands in the server's manifest. */
declare const WORKER_FILE: string | undefined;

/** The same of the worker in which methods of maps run. */
declare const METHODS_WORKER_FILE: string | undefined;

/** What runs a device, beside this one. */
declare const DEVICE_FILE: string | undefined;

const here = import.meta.url;

/** defaultServer is the origin that this script came from. */
export function defaultServer(): string {
  return typeof WORKER_FILE === "string" ? new URL(here).origin : location.origin;
}

const backgrounds = new Map<string, Promise<Background>>();
const byPort = new WeakMap<MessagePort, Background>();

/** backgroundFor is the background of this page that acts for an owner. */
export function backgroundFor(server: string, owner: string): Promise<Background> {
  const key = `${owner} ${server}`;
  let b = backgrounds.get(key);
  if (!b) {
    b = assetURL(server, "worker.js", typeof WORKER_FILE === "string" ? WORKER_FILE : undefined).then((url) => new Background(candidates(url, key)));
    b.catch(() => backgrounds.delete(key));
    backgrounds.set(key, b);
  }
  return b;
}

/** backgroundBehind is the background behind a port that the embedding page has bound. */
export function backgroundBehind(port: MessagePort): Background {
  let b = byPort.get(port);
  if (!b) byPort.set(port, (b = new Background([() => port])));
  return b;
}

/** running lists this page's backgrounds. */
export function running(): Promise<Background[]> {
  return Promise.allSettled(backgrounds.values()).then((all) => all.flatMap((r) => (r.status === "fulfilled" ? [r.value] : [])));
}

/** methodsRoom makes a worker for the methods of one map. */
export async function methodsRoom(): Promise<Worker> {
  const url = await assetURL(defaultServer(), "methods.js", typeof METHODS_WORKER_FILE === "string" ? METHODS_WORKER_FILE : undefined);
  return new Worker(url.origin === location.origin ? url : importer(url), { type: "module" });
}

/** deviceModule is what runs a device. */
export async function deviceModule(): Promise<typeof import("./device-run.ts")> {
  const url = await assetURL(defaultServer(), "device.js", typeof DEVICE_FILE === "string" ? DEVICE_FILE : undefined);
  return import(url.href) as Promise<typeof import("./device-run.ts")>;
}

async function assetURL(server: string, name: string, file: string | undefined): Promise<URL> {
  if (file) return new URL(file, here);
  const res = await fetch(`${server}/wab/manifest.json`);
  const manifest = (await res.json()) as { assets: { [name: string]: { file: string } } };
  return new URL(`/wab/${manifest.assets[name]!.file}`, server);
}

function candidates(url: URL, key: string): Candidate[] {
  if (url.origin !== location.origin) return [(failed) => dedicated(importer(url), failed)];
  const build = url.pathname.split("/").at(-1);
  return [(failed) => shared(url, `wab ${protocolVersion} ${key} ${build}`, failed), (failed) => dedicated(url, failed)];
}

function shared(url: URL, name: string, failed: () => void): MessagePort {
  const w = new SharedWorker(url, { name, type: "module" });
  w.onerror = failed;
  return w.port;
}

function dedicated(url: URL | string, failed: () => void): Worker {
  const w = new Worker(url, { type: "module" });
  w.onerror = failed;
  return w;
}

function importer(url: URL): string {
  return URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" }));
}
