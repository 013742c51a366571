// The panel in which the host chooses what everybody sees.
import { connect, WabError } from "@wabgo/client";
import { toast } from "../../../../web/ui/parts/toast.ts";
import { type AppInfo, apps } from "./apps.ts";
import { by, words } from "./dom.ts";
import type { Background, Connected, Names } from "./meeting.ts";

export class Picker {
  private readonly form = by<HTMLFormElement>("background-form");
  private readonly ca = by<HTMLInputElement>("background-ca");
  private all: AppInfo[] = [];
  private filled = 0;

  /** done is called when everybody sees what was chosen here, unless the panel was opened again since. */
  constructor(private readonly meeting: Connected, private readonly names: Names, private readonly done: () => void) {
    this.form.addEventListener("change", (e) => (e.target as HTMLInputElement).name === "app" && this.suggest());
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      void this.choose();
    });
    by("background-none").addEventListener("click", () => void this.pick("", ""));
  }

  /** fill shows what can be chosen, and what is. */
  async fill(shown: Background | undefined): Promise<void> {
    this.filled++;
    this.all = await apps();
    by("choices").replaceChildren(...this.all.map((a) => choice(a, a.name === (shown?.app ?? "whiteboard"))));
    this.suggest(shown);
  }

  private chosen(): AppInfo | undefined {
    const name = new FormData(this.form).get("app");
    return this.all.find((a) => a.name === name);
  }

  private suggest(shown?: Background): void {
    const app = this.chosen();
    const own = app?.personal === true;
    by("which").hidden = !app;
    this.ca.readOnly = own;
    this.ca.value = own ? "home" : shown && shown.app === app?.name ? shown.ca : this.names.ca;
    by("background-hint").textContent = own
      ? "Everybody sees their own."
      : `${this.names.ca} is one for all; home is everybody’s own.`;
    by("background-problem").textContent = "";
  }

  private async choose(): Promise<void> {
    const app = this.chosen();
    if (app) await this.pick(app.name, this.ca.value.trim().toLowerCase());
  }

  private async pick(app: string, ca: string): Promise<void> {
    const mine = this.filled, problem = by("background-problem");
    problem.textContent = "";
    try {
      await this.set(app, ca);
      if (mine === this.filled) this.done();
    } catch (e) {
      if (mine !== this.filled) return void toast(words(e, "That did not work. Try again."), { kind: "bad" });
      problem.textContent = words(e, "That did not work. Try again.");
      this.ca.focus();
    }
  }

  /** set has everybody see an app, and lets them in where it is the host's own. */
  async set(app: string, ca: string): Promise<void> {
    await this.meeting.SetBackground(app, ca);
    if (ca.startsWith(`${this.names.me}/`)) await letIn(app, ca, this.names);
  }
}

/**
 * letIn opens the host's CA of an app to the people of the meeting, as long as they are in it, by the method LinkGroup(group), which apps have whose CAs are for several people. Another app's
 * CA stays as its own policy has it.
 */
async function letIn(app: string, ca: string, names: Names): Promise<void> {
  const own = await connect({ app, ca, owner: names.me });
  try {
    await own.call("LinkGroup", [`hellowab:${names.ca}/people`]);
  } catch (e) {
    if (e instanceof WabError && e.code !== "not_found" && e.code !== "bad_request") throw e;
    toast("Everybody sees it. Who may do what there, you say in the app itself.");
  } finally {
    own.close();
  }
}

function choice(app: AppInfo, checked: boolean): HTMLElement {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "app", value: app.name, checked });
  label.append(input, Object.assign(document.createElement("strong"), { textContent: app.title }), Object.assign(document.createElement("small"), { textContent: app.about }));
  return label;
}
