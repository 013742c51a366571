// The sheet that asks a guest for a name.
import { signedIn, signIn, WabError } from "@wabgo/client";

const adjectives = ["calm", "bright", "brisk", "clever", "gentle", "lucky", "merry", "quiet", "swift", "warm"];
const animals = ["otter", "heron", "lynx", "wren", "fox", "seal", "finch", "badger", "hare", "newt"];
const pick = (list: string[]): string => list[Math.floor(Math.random() * list.length)]!;

/** suggestName makes a friendly name that nobody is likely to have. */
export const suggestName = (): string => `${pick(adjectives)}-${pick(animals)}-${10 + Math.floor(Math.random() * 90)}`;

/** problemWith tells what is wrong with an owner's name, or nothing. The server has the last word. */
export function problemWith(name: string): string {
  if (name === "") return "Please choose a name.";
  if (name.length > 63) return "At most 63 letters.";
  if (/[A-Z]/.test(name)) return "Small letters only.";
  if (/[^a-z0-9-]/.test(name)) return "Only letters a–z, digits and dashes.";
  if (/^-|-$/.test(name)) return "A dash can’t be first or last.";
  return "";
}

/** ownerOf reads whom a token speaks for; the server checks whether it does. */
export function ownerOf(token: string): string | undefined {
  try {
    const payload: unknown = JSON.parse(atob(token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/")));
    const owner = (payload as { sub?: unknown }).sub;
    return typeof owner === "string" ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** ensureOwner resolves with who is signed in, and asks where nobody is. ask forces the question; a page in a frame is lent its owner, and begins anew instead. */
export function ensureOwner(sheet: HTMLElement, options: { ask?: boolean; suggest?: string } = {}): Promise<string> {
  const owner = signedIn();
  if (owner && options.ask && "embedded" in document.documentElement.dataset) return beginAnew();
  if (owner && !options.ask) return Promise.resolve(owner);
  return askOwner(sheet, options.suggest ?? suggestName());
}

/** beginAnew reloads a frame, which then is lent a fresh connection; not at once, for that may be refused as the one before was. */
function beginAnew(): Promise<never> {
  setTimeout(() => location.reload(), 3_000);
  return new Promise(() => undefined);
}

function askOwner(sheet: HTMLElement, suggestion: string): Promise<string> {
  const form = sheet.querySelector("form")!;
  const [input, token] = [sheet.querySelector<HTMLInputElement>("#owner")!, sheet.querySelector<HTMLInputElement>("#token")!];
  const problem = sheet.querySelector<HTMLElement>(".problem")!;
  const button = sheet.querySelector<HTMLButtonElement>("button[type=submit]")!;
  const before = document.activeElement;
  const behind = setBehind(sheet);
  input.value = suggestion;
  token.value = "";
  sheet.hidden = false;
  input.focus();
  input.select();

  const say = (text: string): void => {
    problem.textContent = text;
    input.setAttribute("aria-invalid", String(text !== ""));
  };
  return new Promise((resolve) => {
    const submit = async (e: SubmitEvent): Promise<void> => {
      e.preventDefault();
      say("");
      button.disabled = true;
      try {
        const owner = await enter(input.value.trim().toLowerCase(), token.value.trim());
        form.removeEventListener("submit", submit);
        sheet.hidden = true;
        behind();
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); // what is hidden keeps the focus until the next frame, and with it the keys
        if (before instanceof HTMLElement) before.focus();
        resolve(owner);
      } catch (error) {
        say(error instanceof WabError ? error.message : "That did not work. Try again.");
        const guests = !(error instanceof WabError && error.code === "not_allowed");
        if (!guests) sheet.querySelector("details")!.open = true;
        (guests ? input : token).focus();
      } finally {
        button.disabled = false;
      }
    };
    form.addEventListener("submit", submit);
  });
}

/** enter signs in by token, or by name where there is none, and tells who it is now. */
async function enter(name: string, token: string): Promise<string> {
  if (token) {
    const owner = ownerOf(token);
    if (!owner) throw new WabError("bad_request", "That is not a token.");
    await signIn.token(owner, token);
    return owner;
  }
  const flaw = problemWith(name);
  if (flaw) throw new WabError("bad_request", flaw);
  await signIn.guest(name);
  return name;
}

/** setBehind makes what lies behind the sheet inert, so that the keyboard stays inside, and returns what undoes it. */
function setBehind(sheet: HTMLElement): () => void {
  const around = [...document.body.children, ...(sheet.parentElement?.children ?? [])];
  const behind = around.filter((el): el is HTMLElement => el instanceof HTMLElement && !el.contains(sheet));
  for (const el of behind) el.inert = true;
  return () => {
    for (const el of behind) el.inert = false;
  };
}
