// TweetIoT's page: a lamp and a buzzer, what one posts, and what became of it everywhere.
import { connect, type Handle, type SharedMap, type Status, WabError } from "@wabgo/client";
import { setLink } from "../../../web/ui/parts/copy.ts";
import { registerDevice } from "../../../web/ui/parts/device.ts";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { ensureOwner } from "../../../web/ui/parts/signin.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { toast } from "../../../web/ui/parts/toast.ts";
import { Composer } from "./parts/composer.ts";
import { merge, ownerOf, showFeed } from "./parts/feed.ts";
import { aboutFriend, isGroup, problemWithFriend, Timelines } from "./parts/friends.ts";
import { Gadget, Sound, soundButton } from "./parts/gadget.ts";
import { Roll } from "./parts/roll.ts";
import { showRows } from "./parts/rows.ts";
import { StandIn } from "./parts/standin.ts";
import { instant, type Said } from "./parts/timeline.ts";

interface Edit {
  add?: string[];
  remove?: string[];
}

interface Assistant {
  Tweet(text: string): Promise<null>;
  Subscribe(tag: string, device: string): Promise<null>;
  Unsubscribe(tag: string, device: string): Promise<null>;
  UpdateACL(principals: Edit, groups: Edit): Promise<null>;
  DeviceToken(name: string): Promise<string>;
  Devices(): Promise<string[] | null>;
}

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const badge = document.querySelector<HTMLElement>(".bar .state")!;
const sheet = document.querySelector<HTMLElement>("[data-sign-in]")!;
const pair = ["lamp", "buzzer"] as const;
const sound = new Sound();
const gadgets = { lamp: new Gadget(by("lamp")), buzzer: new Gadget(by("buzzer"), sound) };

let ca: (Assistant & Handle) | undefined;

/** now is the server's time, as well as this page knows it. */
const now = (): number => ca?.clock.now() ?? Date.now();

const composer = new Composer(post, now);

/** say tells those who listen. */
function say(text: string): void {
  const place = by("live");
  place.textContent = place.textContent === text ? `${text}\u00a0` : text; // the same words are read again only when they differ
}

/** words are an error's own, or those for when it has none. */
const words = (e: unknown, otherwise = "That did not work. Try again."): string => (e instanceof WabError && e.message ? e.message : otherwise);

async function post(text: string): Promise<void> {
  try {
    await ca!.Tweet(text);
    say("Posted.");
  } catch (e) {
    toast(words(e, "That was not posted.").split("\n")[0]!, { kind: "bad" });
  }
}

/** Home is what the owner's assistant knows, in maps of its own. */
interface Home {
  posts: SharedMap<Said[]>;
  tags: SharedMap<string[]>;
  acl: SharedMap<boolean>;
}

async function open(owner: string): Promise<void> {
  const [posts, tags, acl] = await Promise.all([ca!.map<Said[]>("posts"), ca!.map<string[]>("tags"), ca!.map<boolean>("acl")]);
  const home: Home = { posts, tags, acl };
  const roll = new Roll(ca!, (rows) => showRows(by("gadgets"), rows));
  showPosts(home, owner);
  showTags(home, roll);
  showFriends(home);
  for (const device of pair) {
    const { desired, reported } = await roll.add(device);
    new StandIn(ca!, gadgets[device], device, desired, reported, {
      acted: (on) => on && say(`The ${device} is on.`),
      here: (is) => roll.here(device, is),
    });
  }
  roll.enter((await ca!.Devices()) ?? []);
  manage(owner, roll);
  if (tags.version === 0 && tags.state === "live") await begin();
}

/** begin has a new owner's devices follow a first tag, so that a first post shows something. */
async function begin(): Promise<void> {
  for (const device of pair) await ca!.Subscribe("friends", device);
}

function showPosts({ posts, acl }: Home, owner: string): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => {
    const which = document.querySelector<HTMLInputElement>("[name=which]:checked")!.value as "all" | "sent" | "received";
    const received = posts.get("received") ?? [];
    const all = merge(posts.get("sent") ?? [], received);
    for (const who of [...acl.keys()].filter((k) => !isGroup(k)).concat(received.map((p) => p.from))) timelines.follow(ownerOf(who));
    by("nothing").hidden = all.length > 0;
    showFeed(by("posts"), which === "all" ? all : all.filter((e) => e[which]), timelines.maps, owner, now());
    clearTimeout(timer);
    const next = Math.min(...all.map((e) => instant(e.at) - now()).filter((ms) => ms > 0));
    if (Number.isFinite(next)) timer = setTimeout(show, Math.min(next + 20, 2 ** 31 - 1));
  };
  const timelines = new Timelines(ca!, show);
  timelines.follow(owner);
  posts.on("change", show);
  acl.on("change", show);
  for (const radio of document.querySelectorAll("[name=which]")) radio.addEventListener("change", show);
  show();
}

function showTags({ tags }: Home, roll: Roll): void {
  const show = (): void => {
    const all = [...tags].flatMap(([tag, devices]) => devices.map((device) => ({ tag, device })));
    all.sort((a, b) => (`${a.tag} ${a.device}` < `${b.tag} ${b.device}` ? -1 : 1));
    showRows(by("follows"), all.map(({ tag, device }) => ({
      name: `#${tag}`,
      about: `moves your ${device}`,
      remove: { label: `Stop #${tag} for the ${device}`, run: () => void ca!.Unsubscribe(tag, device).catch((e: unknown) => toast(words(e), { kind: "bad" })) },
    })));
    roll.enter(all.map(({ device }) => device));
  };
  tags.on("change", show);
  show();
}

function showFriends({ acl }: Home): void {
  const edit = (who: string, how: keyof Edit): Promise<null> => (isGroup(who) ? ca!.UpdateACL({}, { [how]: [who] }) : ca!.UpdateACL({ [how]: [who] }, {}));
  const show = (): void => {
    by("alone").hidden = acl.size > 0;
    showRows(by("friends"), [...acl.keys()].sort().map((who) => ({
      name: who,
      about: aboutFriend(who),
      remove: { label: `Keep ${who} out`, run: () => void edit(who, "remove").catch((e: unknown) => toast(words(e), { kind: "bad" })) },
    })));
  };
  acl.on("change", show);
  show();
  submits("befriend", "friend", async (who) => {
    const flaw = problemWithFriend(who);
    if (flaw) return flaw;
    await edit(who, "add");
    if (isGroup(who)) toast(`Posts of ${aboutFriend(who)} count here now.`);
    else toast(`Posts of ${who} count here now. Yours count there once ${who} lets you in: send your link.`, { stay: 15_000, action: { label: "Copy it", run: () => by("link").closest("[data-copy]")!.querySelector("button")!.click() } });
    return "";
  });
}

/** submits has a form's text taken in; what run returns is what is wrong with it. */
function submits(form: string, field: string, run: (text: string) => Promise<string>): void {
  const input = by<HTMLInputElement>(field), problem = by(`${field}-problem`);
  by(form).addEventListener("submit", async (e) => {
    e.preventDefault();
    const typed = input.value;
    try {
      problem.textContent = await run(typed.trim().toLowerCase());
    } catch (error) {
      problem.textContent = words(error);
    }
    input.setAttribute("aria-invalid", String(problem.textContent !== ""));
    if (problem.textContent) input.focus();
    else if (input.value === typed) input.value = ""; // unless another is typed already
  });
}

/** manage brings the rest to life: tags, more devices, sound, and who one is. */
function manage(owner: string, roll: Roll): void {
  submits("follow", "tag", async (text) => {
    const tag = text.replace(/^#/, "");
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(tag)) return "A tag is made of letters a–z, digits and dashes.";
    await ca!.Subscribe(tag, by<HTMLSelectElement>("tag-device").value);
    return "";
  });
  const register = by<HTMLButtonElement>("register");
  register.disabled = false;
  register.addEventListener("click", async () => {
    const dialog = document.querySelector<HTMLDialogElement>("[data-device-dialog]")!;
    const name = await registerDevice(dialog, { app: "tweetiot", ca: `${owner}/home`, name: "lamp", token: (device) => ca!.DeviceToken(device) });
    if (name) roll.enter([name]);
  });
}

/** introduce fills in what follows from the owner's name alone. */
function introduce(owner: string): void {
  document.title = `${owner} · TweetIoT · wab`;
  by("whose").textContent = `TweetIoT, ${owner}’s devices`;
  by("me").textContent = owner;
  by("you").hidden = false;
  setLink(document.querySelector<HTMLElement>("#friends-title")!.closest(".card")!.querySelector<HTMLElement>("[data-copy]")!, `${location.origin}/tweetiot/?friend=${owner}`);
}

/** invited asks whether whoever sent the link is let in; their name is filled in, and nothing else is done. */
function invited(owner: string): void {
  const friend = new URLSearchParams(location.search).get("friend")?.toLowerCase();
  if (!friend || friend === owner || problemWithFriend(friend)) return;
  by<HTMLInputElement>("friend").value = friend;
  toast(`${friend} invites you. Let their posts move your devices?`, { stay: 30_000, action: { label: "Let in", run: () => by<HTMLFormElement>("befriend").requestSubmit() } });
}

function onState(status: Status): void {
  showState(badge, status);
  composer.online(status.state === "live" && ca !== undefined);
  const offline = status.state === "offline" && ca !== undefined;
  if (status.state === "refused" && ca) explain(new WabError(status.reason?.code ?? "internal", status.reason?.message ?? ""));
  else showNotice(by("notice"), offline ? { kind: "warn", text: "Offline. What you see is as it was; you can post again when the server is back. Devices go on with what they have." } : undefined);
}

function explain(e: unknown): void {
  if (!(e instanceof WabError)) console.error(e); // a mistake of this page
  const code = e instanceof WabError ? e.code : "internal";
  showNotice(by("notice"), { kind: "bad", text: words(e, "TweetIoT can’t be opened."), code, action: { label: code === "unauthenticated" ? "Sign in" : "Try again", run: () => location.reload() } });
}

/** loading says what is awaited, where it takes longer than one second; what it returns stops that. */
function loading(): () => void {
  const say = (text: string) => (): void => {
    const offline = badge.dataset["state"] === "offline";
    showNotice(by("notice"), { kind: "warn", text: offline ? "The server can’t be reached. Your devices appear as soon as it can." : text });
  };
  const timers = [setTimeout(say("Getting your devices …"), 1_000), setTimeout(say("Still getting your devices. The first time takes longer on a slow network."), 3_500)];
  return () => {
    timers.forEach(clearTimeout);
    showNotice(by("notice"), undefined);
  };
}

async function start(owner: string): Promise<void> {
  introduce(owner);
  const loaded = loading();
  try {
    ca = await connect<Assistant>({ app: "tweetiot", ca: `${owner}/home`, keep: 1, onState });
    await open(owner);
    loaded();
    by("room").dataset["ready"] = "yes";
    onState(ca.status);
    invited(owner);
  } catch (e) {
    loaded();
    if (e instanceof WabError && e.code === "unauthenticated") return start(await ensureOwner(sheet, { ask: true, suggest: owner }));
    explain(e);
  }
}

soundButton(by("sound"), sound);
by("change").addEventListener("click", async () => {
  await ensureOwner(sheet, { ask: true });
  location.assign(location.pathname);
});

void ensureOwner(sheet).then(start);
