// The counter's page: one number, kept by a CA and the same in every tab.
import { connect, type Handle, type Status, WabError } from "@wabgo/client";
import { setLink } from "../../../web/ui/parts/copy.ts";
import { type LedgerRow, showLedger } from "../../../web/ui/parts/ledger.ts";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { ensureOwner, problemWith } from "../../../web/ui/parts/signin.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { toast } from "../../../web/ui/parts/toast.ts";
import { Saving } from "./parts/saving.ts";

/** What the CA says of itself; rev rises with each change, so that news and answers may cross on their way. */
interface View {
  n: number | bigint;
  rev: number | bigint;
}

interface Counter {
  Add(n: number): Promise<number | bigint>;
  Look(): Promise<View>;
  History(): Promise<{ who: string; changes: number | bigint; refused: number | bigint; last: number | bigint }[]>;
  Let(owner: string): Promise<null>;
}

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const badge = document.querySelector<HTMLElement>(".bar .state")!;
const sheet = document.querySelector<HTMLElement>("[data-sign-in]")!;
const count = by<HTMLOutputElement>("count");
const dials = [by<HTMLButtonElement>("less"), by<HTMLButtonElement>("more")];
const saving = new Saving(by("saving"));

let counter: (Counter & Handle) | undefined;
let rev = -1;

/** show puts the newest view on the stage; an older one that comes late changes nothing. */
function show(view: View): void {
  if (Number(view.rev) <= rev) return;
  const moved = rev >= 0 && count.textContent !== String(view.n);
  rev = Number(view.rev);
  count.textContent = String(view.n);
  count.dataset["known"] = "yes";
  count.style.setProperty("--digits", String(Math.max(2, count.textContent.length)));
  if (moved) {
    count.classList.remove("bump");
    void count.offsetWidth; // restarts the animation
    count.classList.add("bump");
  }
  void readLedger();
}

/** add sends one change. While there is no connection it waits, however long, and is sent once. */
function add(n: number): void {
  if (!counter || counter.status.state === "refused") return;
  saving.begin();
  counter.call("Add", [n], { timeout: 0 }).then(
    () => saving.end(true),
    (e: unknown) => {
      saving.end(false);
      toast(words(e, "That change was not made."), { kind: "bad", action: { label: "Try again", run: () => add(n) } });
    },
  );
}

/** words are an error's own, or those for when it has none. */
const words = (e: unknown, otherwise: string): string => (e instanceof WabError && e.message ? e.message : otherwise);

let reading = false;
let again = false;

/** readLedger reads who did what, one reading at a time; what changes meanwhile is read afterwards. */
async function readLedger(): Promise<void> {
  again = true;
  if (reading || !counter) return;
  reading = true;
  try {
    while (again) {
      again = false;
      const rows = await counter.History();
      showLedger(document.querySelector<HTMLElement>("[data-ledger]")!, rows.map(toRow));
    }
  } catch {
    // the badge tells of a lost connection; the next change reads again
  } finally {
    reading = false;
  }
}

const toRow = (r: { who: string; changes: number | bigint; refused: number | bigint; last: number | bigint }): LedgerRow => ({
  who: r.who,
  changes: Number(r.changes),
  refused: Number(r.refused),
  last: Number(r.last) / 1000,
});

/** onState follows the session. Before it has been live, connect's own error tells why it is refused. */
function onState(status: Status, owner: string, whose: string): void {
  showState(badge, status);
  saving.online(status.state === "live");
  if (!counter) return;
  for (const b of dials) b.disabled = status.state === "refused";
  if (status.state === "refused") explain(new WabError(status.reason?.code ?? "internal", status.reason?.message ?? ""), owner, whose);
}

/** explain says why somebody is kept out, and whom to ask. */
function explain(e: unknown, owner: string, whose: string): void {
  const code = e instanceof WabError ? e.code : "internal";
  const label = code === "unauthenticated" ? "Sign in" : "Try again";
  const text = owner !== whose && (code === "not_allowed" || code === "not_found")
    ? `This counter is ${whose}’s. Ask ${whose} to let “${owner}” in, then try again.`
    : words(e, "The counter can’t be opened.");
  showNotice(by("notice"), { kind: "bad", text, code, action: { label, run: () => location.reload() } });
}

/** loading says what is awaited, where it takes longer than one second; what it returns stops that. */
function loading(): () => void {
  const say = (text: string) => (): void => {
    const offline = badge.dataset["state"] === "offline";
    showNotice(by("notice"), { kind: "warn", text: offline ? "The server can’t be reached. The counter appears as soon as it can." : text });
  };
  const timers = [setTimeout(say("Getting the counter …"), 1_000), setTimeout(say("Still getting the counter. The first time takes longer on a slow network."), 3_000)];
  return () => {
    timers.forEach(clearTimeout);
    showNotice(by("notice"), undefined);
  };
}

async function start(owner: string): Promise<void> {
  const asked = new URLSearchParams(location.search).get("ca") || "home";
  const ca = asked.includes("/") ? asked : `${owner}/${asked}`;
  const whose = ca.slice(0, ca.indexOf("/"));
  introduce(owner, whose, ca);
  const loaded = loading();
  try {
    counter = await connect<Counter>({ app: "counter", ca, keep: 1, onState: (status) => onState(status, owner, whose) });
    counter.on("note", (note) => show(note as unknown as View));
    show(await counter.Look());
    loaded();
    for (const b of dials) b.disabled = false;
  } catch (e) {
    loaded();
    if (e instanceof WabError && e.code === "unauthenticated") return start(await ensureOwner(sheet, { ask: true, suggest: owner }));
    explain(e, owner, whose);
  }
}

/** introduce fills in what follows from the names alone. */
function introduce(owner: string, whose: string, ca: string): void {
  const url = new URL(location.href);
  url.search = `?ca=${ca}`;
  history.replaceState(null, "", url);
  by("whose").textContent = `${whose === owner ? "Your" : `${whose}’s`} counter · ${ca}`;
  by("me").textContent = owner;
  by("you").hidden = false;
  by("let").hidden = whose !== owner;
  by<HTMLAnchorElement>("second").href = url.href;
  setLink(document.querySelector<HTMLElement>("[data-copy]")!, url.href);
}

by("less").addEventListener("click", () => add(-1));
by("more").addEventListener("click", () => add(1));
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || !sheet.hidden) return;
  if (e.target instanceof HTMLInputElement) return;
  const n = { "+": 1, "=": 1, ArrowUp: 1, "-": -1, "−": -1, ArrowDown: -1 }[e.key];
  if (!n || !counter) return;
  e.preventDefault();
  add(n);
});
by("let").addEventListener("submit", (e) => {
  e.preventDefault();
  void letIn(by<HTMLInputElement>("friend"));
});
by("change").addEventListener("click", async () => {
  await ensureOwner(sheet, { ask: true });
  location.reload();
});

async function letIn(input: HTMLInputElement): Promise<void> {
  const typed = input.value, friend = typed.trim().toLowerCase();
  const problem = by("friend-problem");
  problem.textContent = problemWith(friend);
  if (problem.textContent || !counter) return input.focus();
  try {
    await counter.Let(friend);
    if (input.value === typed) input.value = ""; // unless another is typed already
    toast(`${friend} may count here now. Send them the link.`);
  } catch (e) {
    problem.textContent = words(e, "That did not work. Try again.");
  }
}

// Refusals change no number, and "ago" grows by itself: while somebody looks, the ledger is read now and then.
setInterval(() => {
  if (document.visibilityState === "visible" && counter?.status.state === "live") void readLedger();
}, 20_000);

void ensureOwner(sheet).then(start);
