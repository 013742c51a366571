// The sheet that asks a guest for a name.
import { signedIn, signIn } from "@wabgo/client";

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

/** ensureOwner resolves with who is signed in, and asks where nobody is. ask forces the question. */
export function ensureOwner(sheet: HTMLElement, options: { ask?: boolean; suggest?: string } = {}): Promise<string> {
  const owner = signedIn();
  if (owner && !options.ask) return Promise.resolve(owner);
  return askOwner(sheet, options.suggest ?? suggestName());
}

function askOwner(sheet: HTMLElement, suggestion: string): Promise<string> {
  const form = sheet.querySelector("form")!;
  const input = sheet.querySelector("input")!;
  const problem = sheet.querySelector<HTMLElement>(".problem")!;
  const button = sheet.querySelector<HTMLButtonElement>("button[type=submit]")!;
  const before = document.activeElement;
  const behind = setBehind(sheet, true);
  input.value = suggestion;
  sheet.hidden = false;
  input.focus();
  input.select();

  const say = (text: string): void => {
    problem.textContent = text;
    input.setAttribute("aria-invalid", String(text !== ""));
  };
  return new Promise((resolve) => {
    const done = (owner: string): void => {
      form.removeEventListener("submit", submit);
      sheet.hidden = true;
      behind();
      if (before instanceof HTMLElement) before.focus();
      resolve(owner);
    };
    const submit = async (e: SubmitEvent): Promise<void> => {
      e.preventDefault();
      const name = input.value.trim().toLowerCase();
      say(problemWith(name));
      if (problem.textContent) return input.focus();
      button.disabled = true;
      try {
        await signIn.guest(name);
        done(name);
      } catch (error) {
        say(error instanceof Error ? error.message : "That did not work. Try again.");
      } finally {
        button.disabled = false;
      }
    };
    form.addEventListener("submit", submit);
  });
}

/** setBehind makes what lies behind the sheet inert, so that the keyboard stays inside, and returns what undoes it. */
function setBehind(sheet: HTMLElement, inert: boolean): () => void {
  const others = [...document.body.children].filter((el): el is HTMLElement => el instanceof HTMLElement && !el.contains(sheet));
  const inside = sheet.parentElement && sheet.parentElement !== document.body
    ? [...sheet.parentElement.children].filter((el): el is HTMLElement => el instanceof HTMLElement && el !== sheet)
    : [];
  const all = [...others, ...inside];
  for (const el of all) el.inert = inert;
  return () => {
    for (const el of all) el.inert = !inert;
  };
}
