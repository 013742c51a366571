// The whiteboard's page: the board, what one does at it, and the way to the server.
import { type SharedMap, type Status, WabError } from "@wabgo/client";
import { setLink } from "../../../web/ui/parts/copy.ts";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { ensureOwner } from "../../../web/ui/parts/signin.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { toast } from "../../../web/ui/parts/toast.ts";
import { Board } from "./parts/board.ts";
import { Bring } from "./parts/bring.ts";
import { Chrome } from "./parts/chrome.ts";
import { type Tool, Workplace } from "./parts/desk.ts";
import { bodyOf, colors, describe, type Element, ends, newID, type Placed, tooLong } from "./parts/element.ts";
import { center, type Point, union } from "./parts/geometry.ts";
import { Shape } from "./parts/gestures.ts";
import { gripsOf } from "./parts/handles.ts";
import { Hands } from "./parts/hands.ts";
import { onRecolor, readPalette } from "./parts/inks.ts";
import { listen } from "./parts/keys.ts";
import { type Access, Link } from "./parts/link.ts";
import { showList } from "./parts/list.ts";
import { Painter } from "./parts/paint.ts";
import { Panels } from "./parts/panels.ts";
import { type Other, People, Telling } from "./parts/people.ts";
import { Pictures } from "./parts/pictures.ts";
import { keepView, keptView } from "./parts/places.ts";
import { Saving } from "./parts/saving.ts";
import { type Group, type Guests, manage, showLink, showMembers } from "./parts/share.ts";
import { type Marks, Stage } from "./parts/stage.ts";
import { Typing } from "./parts/typing.ts";
import { fitting, type Insets, nextStep, panned, shown, toBoard, type View, zoomed } from "./parts/view.ts";

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const badge = document.querySelector<HTMLElement>(".bar .state")!;
const sheet = document.querySelector<HTMLElement>("[data-sign-in]")!;
const surface = by("surface");
const saving = new Saving(by("saving"));
const narrow = matchMedia("(max-width: 760px)");

let link: Link | undefined;
let people: People | undefined;
let telling: Telling | undefined;
let access: Access | undefined;
let status: Status = { state: "connecting" };
let boardName = "";
let looked = false;

// The board and the desk

const board = new Board();
let palette = readPalette();
const pictures = new Pictures(() => stage.spoil());
const painter = new Painter(palette.inks, pictures);
const desk = new Workplace(board, {
  put: (changes) => link?.put(changes),
  changed: () => {
    chrome.show();
    stage.remark();
    telling?.selection(desk.selection);
    if (panels.isOpen(by("list"))) list();
  },
  say,
  width: painter.width,
});
const stage = new Stage(surface, board, painter, marks, { accent: palette.accent, paper: palette.paper }, viewed);
const panels = new Panels();
const chrome = new Chrome(desk, { image: () => bring.choose(), zoom, list: openList, help: () => panels.toggle(by("help"), by("help-button")) });
const typing = new Typing(by<HTMLTextAreaElement>("typing"), desk, board, () => ({ view: stage.view, ink: palette.inks.line[typing.color], paper: palette.inks.note[typing.color], noteText: palette.inks.noteText, width: painter.width }), (id) => {
  stage.hidden = id;
  stage.spoil();
  stage.remark();
}, () => surface.focus({ preventScroll: true }), () => toast(tooLong));
const hands = new Hands(surface, desk, {
  get view() { return stage.view; },
  look,
  write,
  pointed: (at) => telling?.pointer(at),
  touched: () => {
    typing.done();
    if (panels.isOpen()) panels.shut(false);
    chrome.openLooks(false);
    surface.focus({ preventScroll: true });
  },
});

function say(text: string): void {
  const place = by("live");
  place.textContent = place.textContent === text ? `${text}\u00a0` : text; // the same words are read again only when they differ
}

function marks(): Marks {
  const chosen = desk.selected();
  const only = chosen.length === 1 ? chosen[0]![1] : undefined;
  const frame = typing.busy ? undefined : desk.frame();
  const others = people?.outlines((id) => board.get(id), (h) => palette.hues[h]!) ?? [];
  const own = chosen.length > 1 && chosen.length < 200 ? chosen.map(([, e]) => ({ box: bodyOf(e), color: palette.accent, ...(ends(e) && { solo: e }) })) : [];
  const line = only && ends(only);
  return {
    outlines: line && frame ? [...others, { box: frame, color: palette.accent, solo: only }] : [...others, ...own],
    frame: line ? undefined : frame,
    grips: frame && desk.editable && !desk.box ? gripsOf(frame, only) : [],
    marquee: desk.box,
  };
}

// The view

function look(view: View): void {
  looked = true;
  stage.look(view);
}

/** viewed follows each change of what is shown. */
function viewed(view: View): void {
  desk.pixel = 1 / view.zoom;
  let step = 24 * view.zoom;
  while (step < 14) step *= 2;
  while (step > 40) step /= 2;
  surface.style.backgroundSize = `${step}px ${step}px`;
  surface.style.backgroundPosition = `${-view.x * view.zoom - step / 2}px ${-view.y * view.zoom - step / 2}px`;
  chrome.zoomed(view.zoom);
  typing.fit();
  people?.place(view);
  if (looked && boardName) keepView(boardName, view, stage.size);
}

const insets = (): Insets => (narrow.matches ? { top: 176, right: 24, bottom: 96, left: 24 } : { top: 120, right: 220, bottom: 110, left: 60 });

function showAll(): void {
  const box = union(board.all().map(([, e]) => bodyOf(e)));
  stage.look(box ? fitting(box, stage.size, insets()) : { x: -stage.size.w / 2, y: -stage.size.h / 2, zoom: 1 });
}

/** showFirst shows all of a board to who comes for the first time; what would be too small to read is shown from its beginning. */
function showFirst(): void {
  showAll();
  const box = union(board.all().map(([, e]) => bodyOf(e)));
  const least = 0.55, { left, top, bottom } = insets();
  if (!box || stage.view.zoom >= least) return;
  const free = stage.size.h - top - bottom;
  stage.look({ zoom: least, x: box.x - left / least, y: box.y - (top + Math.max(0, (free - box.h * least) / 2)) / least });
}

function zoom(to: "in" | "out" | "fit" | "one"): void {
  if (to === "fit") return showAll();
  const { view, size } = stage;
  const level = to === "one" ? 1 : nextStep(view.zoom, to === "in" ? 1 : -1);
  look(zoomed(view, level, { x: size.w / 2, y: size.h / 2 }));
}

/** reveal moves the view as far as it takes to see an element. */
function reveal([, e]: Placed): void {
  const b = bodyOf(e), v = shown(stage.view, stage.size), c = center(b);
  if (b.x >= v.x && b.y >= v.y && b.x + b.w <= v.x + v.w && b.y + b.h <= v.y + v.h) return;
  look({ ...stage.view, x: c.x - v.w / 2, y: c.y - v.h / 2 });
}

const middle = (): Point => toBoard(stage.view, { x: stage.size.w / 2, y: stage.size.h / 2 });

// Texts

function write(what: { id: string } | { kind: "text" | "note"; at: Point }): void {
  if (!desk.editable) return;
  if ("id" in what) {
    const e = board.get(what.id);
    if (e) typing.begin(what.id, e);
    return;
  }
  const id = newID();
  const e = desk.fresh(what.kind, what.at);
  if (what.kind === "note") desk.act([{ id, element: e }]);
  typing.begin(id, e);
}

/** enter edits the selected text, or puts what the tool makes in the middle of the window. */
function enter(): void {
  const chosen = desk.selected();
  if (chosen.length === 1 && ["text", "note"].includes(chosen[0]![1].kind)) return write({ id: chosen[0]![0] });
  const { tool } = desk;
  if (tool === "text" || tool === "note") write({ kind: tool, at: middle() });
  else if (tool === "rect" || tool === "ellipse" || tool === "line" || tool === "arrow") new Shape(desk, tool, { ...middle(), pressure: 0.5, shift: false }).end();
}

// What comes from elsewhere

const bring = new Bring(by<HTMLInputElement>("file"), surface, desk, { middle, room: () => shown(stage.view, stage.size), pointer: () => toBoard(stage.view, hands.pointer), at: (p) => toBoard(stage.view, p) }, say);

// Keys

listen(surface, () => !sheet.hidden, {
  tool: (tool: Tool) => desk.take(tool),
  image: () => bring.choose(),
  undo: () => desk.undo(),
  redo: () => desk.redo(),
  remove: () => desk.remove(),
  duplicate: () => desk.duplicate(),
  selectAll: () => desk.selectAll(),
  arrow: (dx, dy) => (desk.selection.size > 0 && desk.editable ? desk.nudge(dx / 8, dy / 8) : look(panned(stage.view, -8 * dx, -8 * dy))),
  grow: (dx, dy) => desk.grow(dx, dy),
  raise: (up) => desk.raise(up),
  zoom,
  write: () => addEventListener("keyup", enter, { once: true }), // or the key would be typed into the field
  escape: () => {
    if (hands.cancel()) return;
    if (panels.isOpen()) return panels.shut();
    if (desk.selection.size > 0) desk.select([]);
    else desk.take("select");
  },
  step: (direction) => {
    const found = desk.step(direction);
    if (!found) return false;
    reveal(found);
    say(describe(found[1]));
    return true;
  },
  hold: (space) => hands.hold(space),
  help: () => panels.toggle(by("help"), by("help-button")),
  list: openList,
  color: (index) => desk.setColor(colors[index]!),
});

// Panels

function openList(): void {
  list();
  panels.toggle(by("list"), by("list-button"));
}

function list(): void {
  showList(by("elements"), by("list-count"), board.all(), desk.selection, (id) => {
    const e = board.get(id);
    if (!e) return;
    desk.take("select");
    desk.select([id]);
    reveal([id, e]);
  });
}

let listing = false;
board.on(() => {
  surface.setAttribute("aria-label", `The board, ${board.size === 1 ? "1 element" : `${board.size} elements`}`);
  if (listing || !panels.isOpen(by("list"))) return;
  listing = true; // once for all that changes in a moment
  setTimeout(() => ((listing = false), list()), 500);
});
by("invite").addEventListener("click", () => panels.toggle(by("share"), by("invite")));
by("change").addEventListener("click", async () => {
  panels.shut();
  await ensureOwner(sheet, { ask: true });
  location.reload();
});
onRecolor(() => {
  palette = readPalette();
  painter.inks = palette.inks;
  stage.recolor(palette.accent, palette.paper);
  typing.fit();
});

// The server

/** showStrip says in words what is not as usual, as long as it is not. */
function showStrip(whose: string): void {
  const strip = by("strip");
  const offline = status.state === "offline" && access !== undefined;
  const text = offline
    ? access!.role === "viewer" ? "Offline. This is the board as it was; it goes on when you’re back." : "Offline. Go on drawing: it is kept here and sent when you’re back."
    : access?.role === "viewer" ? `View only. ${whose} decides who may draw: ask ${whose}.` : "";
  strip.dataset["kind"] = offline ? "warn" : "";
  if (strip.textContent !== text) strip.textContent = text;
}

function explain(e: WabError, owner: string, whose: string): void {
  const kept = owner !== whose && (e.code === "not_allowed" || e.code === "not_found");
  const text = kept ? `This board is ${whose}’s, and not open to “${owner}”. Ask ${whose} to let you in: it opens by itself then.` : e.message || "The board can’t be opened.";
  const label = e.code === "unauthenticated" ? "Sign in" : "Try again";
  const again = async (): Promise<void> => {
    if (e.code === "unauthenticated") await ensureOwner(sheet, { ask: true, suggest: owner });
    location.reload();
  };
  showNotice(by("notice"), { kind: "bad", text, code: e.code, action: { label, run: () => void again() } });
}

/** waiting says what is awaited, where it takes longer than a second. */
function waiting(): () => void {
  const tell = (text: string) => (): void => {
    const offline = status.state === "offline";
    showNotice(by("notice"), { kind: "warn", text: offline ? "The server can’t be reached. The board appears as soon as it can." : text });
  };
  const timers = [setTimeout(tell("Getting the board …"), 1_000), setTimeout(tell("Still getting the board. The first time takes longer on a slow network."), 3_500)];
  return () => {
    timers.forEach(clearTimeout);
    showNotice(by("notice"), undefined);
  };
}

/** introduce fills in what follows from the names alone. */
function introduce(owner: string, whose: string, name: string): void {
  const url = new URL(location.href);
  url.search = `?ca=${name}`;
  history.replaceState(null, "", url);
  document.title = `${name} · Whiteboard · wab`;
  by("whose").textContent = `${whose === owner ? "Your" : `${whose}’s`} whiteboard, ${name}`;
  by("me").textContent = owner;
  by("group").textContent = `${name}/friends`;
  by("you").hidden = false;
  by<HTMLAnchorElement>("second").href = url.href;
  by<HTMLButtonElement>("invite").disabled = false;
  if (whose !== owner) {
    by("share-hint").hidden = false;
    by("share-hint").textContent = `${whose} decides who may come in.`;
  }
  setLink(document.querySelector<HTMLElement>("[data-copy]")!, url.href);
}

async function start(owner: string): Promise<void> {
  const asked = new URLSearchParams(location.search).get("ca") || "home";
  boardName = asked.includes("/") ? asked : `${owner}/${asked}`;
  const whose = boardName.slice(0, boardName.indexOf("/"));
  introduce(owner, whose, boardName);
  board.replace([], 0);
  people = new People(by("cursors"), by("faces"), owner, say);
  let loaded = waiting();
  link = new Link(owner, boardName, board, {
    state: (next) => {
      status = next;
      showState(badge, next);
      saving.online(next.state === "live");
      showStrip(whose);
    },
    access: (next) => {
      access = next;
      desk.setEditable(next !== undefined && next.role !== "viewer");
      if (next?.role === "owner") showLink(next.link);
      showStrip(whose);
    },
    opened: (map) => {
      loaded();
      loaded = () => undefined;
      showNotice(by("notice"), undefined);
      arrive(map);
      performance.mark("board"); // for those who measure
      if (whose !== owner) return;
      void listMembers(by("members"), ["editors", "viewers"]);
      void listMembers(by("bonds"), ["friends", "lent"]);
    },
    shut: (e) => {
      loaded();
      desk.setEditable(false);
      explain(e, owner, whose);
    },
    unsent: (n) => saving.changed(n),
    refused: (e) => {
      saving.failed();
      const why = e instanceof WabError && e.message ? e.message : "The server did not take it.";
      toast(`That change was not kept: ${why}`, { kind: "bad" });
    },
  });
  if (whose === owner) manage(guests);
  await link.open();
}

/** arrive shows the board where one left it, or all of it, and makes oneself seen. */
function arrive(map: SharedMap<Element>): void {
  const view = keptView(boardName, stage.size);
  const first = (): void => {
    if (looked) return;
    if (view) look(view);
    else showFirst();
  };
  first();
  if (board.size === 0 && !view) {
    const off = board.on(() => board.size > 0 && (off(), first())); // a new board gets its first elements in a moment
  }
  telling = new Telling((value) => map.presence.set(value));
  telling.again();
  map.on("state", ({ state }) => state === "live" && telling?.again());
  const show = (others: readonly Other[]): void => {
    people!.show(others, stage.view);
    stage.remark();
  };
  map.presence.on("change", show);
  show(map.presence.others());
}

/** guests calls the board's methods about them, in whatever session there is then. */
const guests = new Proxy({} as Guests, { get: (_, method: string) => (...args: string[]) => link!.ca!.call(method, args) });

/** listMembers keeps the lists of who is in which group up to date; they are the owner's. */
async function listMembers(place: HTMLElement, groups: readonly Group[]): Promise<void> {
  const { ca } = link!;
  const maps = await Promise.all(groups.map(async (group) => [group, await ca!.map<boolean>(group)] as const));
  const show = (): void => showMembers(place, guests, new Map(maps.map(([group, m]) => [group, m.keys()])));
  for (const [, m] of maps) m.on("change", show);
  show();
}

/** preview shows what lies on a new board, behind the question who one is. */
async function preview(): Promise<void> {
  const welcome = (await (await fetch("welcome.json")).json()) as (Omit<Element, "points"> & { points?: string })[];
  if (boardName) return;
  board.replace(welcome.map(({ points, ...e }, i) => [String(i), points ? { ...e, points: Uint8Array.from(atob(points), (c) => c.charCodeAt(0)) } : e]), 0);
  showFirst();
}

stage.begin();
desk.setEditable(false);
const asking = ensureOwner(sheet);
if (!sheet.hidden) void preview().catch(() => undefined);
void asking.then(start);
