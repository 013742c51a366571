/** One script tag for plain pages: see README.md. */
import { connect, type Handle, type Methods, signIn, signOut, signedIn } from "@wabgo/client";

type CA = Methods & Handle;

interface Wab {
  connect: typeof connect;
  signIn: typeof signIn;
  signOut: typeof signOut;
  signedIn: typeof signedIn;
  /** The CA that the script tag names. */
  ca?: Promise<CA>;
}

declare global {
  interface Window { wab: Wab }
}

const tag = [...document.querySelectorAll<HTMLScriptElement>("script[src]")].find((s) => s.src === import.meta.url);
const wab: Wab = (window.wab = { connect, signIn, signOut, signedIn });
if (tag?.dataset["app"]) {
  wab.ca = open(tag.dataset);
  wab.ca.then(bind, (e: Error) => show("[data-wab-state]", `refused: ${e.message}`));
}

async function open(data: DOMStringMap): Promise<CA> {
  const server = new URL(data["server"] ?? import.meta.url).origin;
  if (data["guest"] && signedIn(server) !== data["guest"]) await signIn.guest(data["guest"], { server });
  return connect({
    app: data["app"]!, ca: data["ca"] ?? "home", server,
    ...(data["token"] && { token: data["token"] }),
    ...(data["session"] && { session: data["session"] }),
    onState: ({ state, reason }) => show("[data-wab-state]", reason ? `${state}: ${reason.message}` : state),
  });
}

/** bind brings [data-wab-text=Method] up to date and calls [data-wab-click=Method] with data-wab-args, a JSON array. */
function bind(ca: CA): void {
  const refresh = async (): Promise<void> => {
    for (const el of document.querySelectorAll<HTMLElement>("[data-wab-text]")) {
      el.textContent = String(await ca.call(el.dataset["wabText"]!, []));
    }
  };
  const act = (work: Promise<unknown>): void => {
    work.then(() => show("[data-wab-error]", ""), (e: Error) => show("[data-wab-error]", e.message));
  };
  document.addEventListener("click", (e) => {
    const el = (e.target as Element).closest<HTMLElement>("[data-wab-click]");
    if (el) act(ca.call(el.dataset["wabClick"]!, JSON.parse(el.dataset["wabArgs"] ?? "[]") as unknown[]).then(refresh));
  });
  ca.on("note", () => act(refresh()));
  ca.on("state", ({ state }) => state === "live" && act(refresh()));
  document.dispatchEvent(new CustomEvent("wab:ready", { detail: ca }));
}

function show(selector: string, text: string): void {
  for (const el of document.querySelectorAll(selector)) el.textContent = text;
}
