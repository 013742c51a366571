// The sentinel's page: what is shared, the mean of it, and what the sentinel does by itself.
import { connect, type Handle, type SharedMap, type Status, WabError } from "@wabgo/client";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { ensureOwner, problemWith } from "../../../web/ui/parts/signin.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { toast } from "../../../web/ui/parts/toast.ts";
import { moodOf, type View } from "./parts/mood.ts";

interface Sentinel {
  Report(level: number): Promise<null>;
  Guard(rule: { post: string; high: number; low: number; rest: number }): Promise<null>;
  Join(owner: string): Promise<null>;
  Leave(owner: string): Promise<null>;
}

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const badge = document.querySelector<HTMLElement>(".bar .state")!;
const sheet = document.querySelector<HTMLElement>("[data-sign-in]")!;
const level = by<HTMLInputElement>("level");
const ruleForm = by<HTMLFormElement>("rule");
const friend = by<HTMLInputElement>("friend");

let sentinel: (Sentinel & Handle) | undefined;
let view: View | undefined;
let me = "";

/** words are an error's own, or those for when it has none. */
const words = (e: unknown, otherwise: string): string => (e instanceof WabError && e.message ? e.message : otherwise);

const element = <K extends keyof HTMLElementTagNameMap>(tag: K, className: string, ...inside: (Node | string)[]): HTMLElementTagNameMap[K] => {
  const e = document.createElement(tag);
  e.className = className;
  e.append(...inside);
  return e;
};

function show(): void {
  if (!view) return;
  const known = Number(view.known);
  const mean = by<HTMLOutputElement>("mean");
  mean.textContent = known ? String(Math.round(Number(view.mean))) : "–";
  mean.dataset["known"] = known ? "yes" : "no";
  by("known").textContent = known ? `mean of ${known === 1 ? "you alone" : `${known} levels`}` : "no level yet";
  by("bar").style.width = `${known ? Number(view.mean) : 0}%`;
  for (const [id, at] of [["low-mark", view.rule.low], ["high-mark", view.rule.high]] as const) {
    by(id).hidden = !view.rule.post;
    by(id).style.left = `${Number(at)}%`;
  }
  showMood();
  by("members").replaceChildren(...view.members.map(memberLine));
  const posts = [...(view.posts ?? [])].reverse();
  by("posts").replaceChildren(...(posts.length ? posts.map(postLine) : [element("li", "soft", "None yet.")]));
}

function showMood(): void {
  if (!view) return;
  const { mood, text } = moodOf(view, Date.now());
  const place = by("mood");
  place.dataset["mood"] = mood;
  if (place.textContent !== text) place.textContent = text;
}

function memberLine(m: View["members"][number]): HTMLElement {
  const bar = element("span", "fill");
  bar.style.width = `${m.known ? Number(m.level) : 0}%`;
  const rest = m.known ? [element("span", "track", bar), element("span", "value", String(Math.round(Number(m.level))))] : [element("span", "why", m.why)];
  const line = element("li", m.known ? "" : "silent", element("b", "", m.who), ...rest);
  if (m.who !== me) {
    const leave = element("button", "button quiet icon", "×");
    leave.type = "button";
    leave.setAttribute("aria-label", `Leave ${m.who}`);
    leave.addEventListener("click", () => void attempt(() => sentinel!.Leave(m.who), `You and ${m.who} share nothing any more.`));
    line.append(leave);
  }
  return line;
}

function postLine(p: View["posts"][number]): HTMLElement {
  const at = new Date(p.at);
  const time = element("time", "", at.toLocaleTimeString());
  time.dateTime = at.toISOString();
  return element("li", "", element("span", "", p.text), element("small", "soft", `${p.from} · `, time));
}

async function attempt(run: () => Promise<unknown>, done: string): Promise<void> {
  try {
    await run();
    if (done) toast(done);
  } catch (e) {
    toast(words(e, "That did not work. Try again."), { kind: "bad" });
  }
}

let ruled = false;

/** fillRule puts the rule that stands into its form, once: what somebody writes there stays. */
function fillRule(): void {
  if (ruled || !view?.rule.post) return;
  ruled = true;
  for (const key of ["post", "high", "low", "rest"] as const) by<HTMLInputElement>(key).value = String(view.rule[key]);
}

function follow(map: SharedMap<View>): void {
  const update = (): void => {
    view = map.get("view") ?? view;
    fillRule();
    show();
  };
  map.on("change", update);
  update();
}

/** fillOwn puts one's own level on the slider. */
function fillOwn(): void {
  const own = view?.members.find((m) => m.who === me);
  level.disabled = false;
  if (own && (own.known || own.level)) level.value = String(Math.round(Number(own.level)));
  by("own").textContent = level.value;
}

async function start(owner: string): Promise<void> {
  me = owner;
  by("whose").textContent = `Your sentinel · ${owner}/home`;
  by("me").textContent = owner;
  by("you").hidden = false;
  const onState = (status: Status): void => {
    showState(badge, status);
    if (status.state === "refused" && sentinel) explain(new WabError(status.reason?.code ?? "internal", status.reason?.message ?? ""));
  };
  try {
    sentinel = await connect<Sentinel>({ app: "sentinel", ca: `${owner}/home`, keep: 1, onState });
    follow(await sentinel.map<View>("state"));
    fillOwn();
  } catch (e) {
    if (e instanceof WabError && e.code === "unauthenticated") return start(await ensureOwner(sheet, { ask: true, suggest: owner }));
    explain(e);
  }
}

function explain(e: unknown): void {
  showNotice(by("notice"), { kind: "bad", text: words(e, "The sentinel can’t be opened."), code: e instanceof WabError ? e.code : "internal", action: { label: "Try again", run: () => location.reload() } });
}

level.addEventListener("input", () => (by("own").textContent = level.value));
level.addEventListener("change", () => void attempt(() => sentinel!.call("Report", [Number(level.value)]), ""));
ruleForm.addEventListener("submit", (e) => {
  e.preventDefault();
  void guard();
});
by("join").addEventListener("submit", (e) => {
  e.preventDefault();
  void join();
});
by("change").addEventListener("click", async () => {
  await ensureOwner(sheet, { ask: true });
  location.reload();
});

async function guard(): Promise<void> {
  const problem = by("rule-problem");
  const number = (id: string): number => by<HTMLInputElement>(id).valueAsNumber;
  if (!sentinel) return;
  try {
    await sentinel.Guard({ post: by<HTMLInputElement>("post").value.trim(), high: number("high"), low: number("low"), rest: number("rest") });
    problem.textContent = "";
    toast("It watches from now on, also when this page is closed.");
  } catch (e) {
    problem.textContent = words(e, "That did not work. Try again.");
  }
}

async function join(): Promise<void> {
  const typed = friend.value, name = typed.trim().toLowerCase();
  const problem = by("friend-problem");
  problem.textContent = problemWith(name);
  if (problem.textContent || !sentinel) return friend.focus();
  try {
    await sentinel.Join(name);
    if (friend.value === typed) friend.value = ""; // unless another is typed already
    toast(`${name} may see your level now. You see theirs once they join you, too.`);
  } catch (e) {
    problem.textContent = words(e, "That did not work. Try again.");
  }
}

setInterval(showMood, 1_000);
void ensureOwner(sheet).then(start);
