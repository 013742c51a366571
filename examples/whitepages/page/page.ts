// The white pages: who wants to be found here, and one's own entry.
import { connect, type Handle, type Status, WabError } from "@wabgo/client";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { ensureOwner } from "../../../web/ui/parts/signin.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { toast } from "../../../web/ui/parts/toast.ts";

interface Entry {
  owner: string;
  name: string;
  about: string;
  address?: string;
}

interface Pages {
  List(card: { name: string; about: string }): Promise<Entry>;
  Unlist(): Promise<boolean>;
  Search(text: string, limit: number): Promise<Entry[]>;
  All(after: string, limit: number): Promise<Entry[]>;
}

const step = 20; // entries at a time
const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const badge = document.querySelector<HTMLElement>(".bar .state")!;
const sheet = document.querySelector<HTMLElement>("[data-sign-in]")!;
const [words, people, count, more] = [by<HTMLInputElement>("words"), by("people"), by("count"), by("more")];
const [nameField, about, problem] = [by<HTMLInputElement>("name"), by<HTMLInputElement>("about"), by("entry-problem")];

let pages: (Pages & Handle) | undefined;
let me = "";
let last = ""; // the owner of the last entry shown, where all are

const say = (e: unknown, otherwise: string): string => (e instanceof WabError && e.message ? e.message : otherwise);
const addressOf = (e: Entry): string => e.address ?? `${e.owner}@${location.host}`;

/** row shows one entry. All of it is text: what people write is never taken for a page. */
function row(e: Entry): HTMLLIElement {
  const li = document.createElement("li");
  if (e.owner === me) li.dataset["mine"] = "";
  const face = Object.assign(document.createElement("span"), { className: "face", textContent: [...e.name][0]?.toUpperCase() ?? "?" });
  face.ariaHidden = "true";
  const who = Object.assign(document.createElement("div"), { className: "who" });
  who.append(Object.assign(document.createElement("strong"), { textContent: e.name }));
  if (e.about) who.append(Object.assign(document.createElement("p"), { textContent: e.about }));
  who.append(Object.assign(document.createElement("p"), { className: "address", textContent: addressOf(e) }));
  const copy = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Copy address" });
  copy.setAttribute("aria-label", `Copy address: ${e.name}`);
  copy.addEventListener("click", () => void copyText(addressOf(e)));
  li.append(face, who, copy);
  return li;
}

async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${text} is copied.`);
  } catch {
    toast(`Copy it by hand: ${text}`, { kind: "bad" });
  }
}

let asked = 0;
let following = 0; // of which answer's list more is asked for

/** find shows who fits what is typed; of several answers that cross, the newest counts. */
async function find(): Promise<void> {
  if (!pages) return;
  const mine = ++asked;
  const text = words.value.trim();
  try {
    const found = text ? await pages.Search(text, 50) : await pages.All("", step);
    if (mine !== asked) return;
    showNotice(by("notice"), undefined);
    people.replaceChildren(...found.map(row));
    people.ariaBusy = "false";
    last = found.at(-1)?.owner ?? "";
    more.hidden = text !== "" || found.length < step;
    count.textContent = said(found.length, text);
  } catch (e) {
    if (mine === asked) showNotice(by("notice"), { kind: "bad", text: say(e, "That could not be looked up."), action: { label: "Try again", run: () => void find() } });
  }
}

function said(n: number, text: string): string {
  if (n === 0) return text ? "Nobody here fits that. They may be on another server, or not want to be listed." : "Nobody is listed yet. Be the first.";
  if (!text) return "";
  return n === 1 ? "One person" : n === 50 ? "The best 50; type more to narrow it down" : `${n} people`;
}

/** showMore shows what follows, unless it is asked for already; not under what is looked for meanwhile. */
async function showMore(): Promise<void> {
  const mine = asked;
  if (following === mine) return;
  following = mine;
  try {
    const found = await pages!.All(last, step);
    if (mine !== asked) return;
    const rows = found.map(row);
    people.append(...rows);
    last = found.at(-1)?.owner ?? last;
    more.hidden = found.length < step;
    rows[0]?.querySelector("button")?.focus();
  } catch (e) {
    if (mine === asked) toast(say(e, "That did not work. Try again."), { kind: "bad" });
  } finally {
    if (following === mine) following = 0;
  }
}

/** stand says whether one is in the book. */
function stand(entry: Entry | undefined): void {
  by("standing").textContent = entry ? `People find you as ${addressOf(entry)}.` : "You are not listed: nobody finds you here until you say so.";
  by("list").textContent = entry ? "Save" : "List me";
  by("unlist").hidden = !entry;
}

async function readMine(): Promise<void> {
  const entry = (await pages!.Search(me, 50)).find((e) => e.owner === me);
  nameField.value = entry?.name ?? me;
  about.value = entry?.about ?? "";
  stand(entry);
  for (const field of [nameField, about, by<HTMLButtonElement>("list")]) field.disabled = false;
}

async function change(what: () => Promise<Entry | undefined>, done: string): Promise<void> {
  problem.textContent = "";
  try {
    stand(await what());
    toast(done);
    await find();
  } catch (e) {
    problem.textContent = say(e, "That did not work. Try again.");
    nameField.focus();
  }
}

function onState(status: Status): void {
  showState(badge, status);
  if (status.state === "refused") showNotice(by("notice"), { kind: "bad", text: status.reason?.message ?? "", code: status.reason?.code, action: { label: "Try again", run: () => location.reload() } } as Parameters<typeof showNotice>[1]);
}

async function start(owner: string): Promise<void> {
  me = owner;
  by("me").textContent = owner;
  by("you").hidden = false;
  try {
    pages = await connect<Pages>({ app: "whitepages", ca: "commons/pages", onState });
    await Promise.all([find(), readMine()]);
  } catch (e) {
    if (e instanceof WabError && e.code === "unauthenticated") return start(await ensureOwner(sheet, { ask: true, suggest: owner }));
    showNotice(by("notice"), { kind: "bad", text: say(e, "The white pages can’t be opened."), action: { label: "Try again", run: () => location.reload() } });
  }
}

let typing: ReturnType<typeof setTimeout> | undefined;
words.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => void find(), 150);
});
by("search").addEventListener("submit", (e) => {
  e.preventDefault();
  clearTimeout(typing);
  void find();
});
more.addEventListener("click", () => void showMore());
by("entry").addEventListener("submit", (e) => {
  e.preventDefault();
  const name = nameField.value.trim();
  if (!name) {
    problem.textContent = "Please write a name.";
    return nameField.focus();
  }
  void change(() => pages!.List({ name, about: about.value.trim() }), "You are in the white pages.");
});
by("unlist").addEventListener("click", () => void change(async () => (await pages!.Unlist(), undefined), "You are no longer listed."));
by("change").addEventListener("click", async () => {
  await ensureOwner(sheet, { ask: true });
  location.reload();
});

void ensureOwner(sheet).then(start);
