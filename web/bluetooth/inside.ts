/** All that a device has: its services, their characteristics and values, to be read, followed and written. Names and values are strangers' and shown as text. */
import { button, h, set, write } from "./dom.ts";
import type { Service } from "./driver.ts";
import type { Do } from "./face.ts";
import { nameOf } from "./uuid.ts";
import type { DeviceView } from "./view.ts";
import { clean } from "./words.ts";

/** So many are shown, whatever a device says that it has. */
const most = 128;

export class Inside {
  readonly element = h("details", { class: "inside" }, h("summary", {}, "All it has"));
  private readonly list = h("div");
  private rows: Row[] = [];
  private had: readonly Service[] | undefined;

  constructor(private readonly name: string, private readonly does: Do) {
    this.element.append(this.list);
  }

  /** open is for devices of which nothing else is shown. */
  open(): void {
    this.element.open = true;
  }

  update(view: DeviceView, usable: boolean): void {
    if (view.services !== this.had) this.rebuild((this.had = view.services));
    for (const row of this.rows) row.update(view, usable);
  }

  private rebuild(services: readonly Service[]): void {
    this.rows = [];
    this.list.replaceChildren();
    for (const s of services) {
      const rows = s.characteristics.slice(0, most - this.rows.length).map((c) => new Row(this.name, s.uuid, c.uuid, c.can, this.does));
      this.rows.push(...rows);
      this.list.append(h("section", {}, h("h4", {}, ...called(s.uuid)), h("ul", {}, ...rows.map((r) => r.element))));
    }
    if (!services.length) this.list.append(h("p", { class: "soft" }, "It shows nothing to this page."));
  }
}

class Row {
  readonly element = h("li");
  private readonly value = h("span", { class: "value" });
  private readonly buttons: [HTMLElement & { disabled: boolean }, "read" | "write" | "notify"][] = [];

  constructor(name: string, private readonly service: string, private readonly uuid: string, can: readonly string[], does: Do) {
    const what = nameOf(uuid) ?? clean(uuid, 40);
    const tools = h("span", { class: "tools" });
    const add = (label: string, verb: "read" | "write" | "notify", act: () => void): void => {
      const b = button(label, act, { class: "small", "aria-label": `${label} ${what} of ${name}` });
      this.buttons.push([b, verb]);
      tools.append(b);
    };
    if (can.includes("read")) add("Read", "read", () => void does("read", service, uuid));
    if (can.includes("notify")) add("Follow", "notify", () => void does("notify", service, uuid, true));
    this.element.append(h("span", { class: "what" }, ...called(uuid)), this.value, tools);
    if (can.includes("write")) this.element.append(this.form(`Write to ${what} of ${name}, bytes as 01 ff`, (hex) => void does("write", service, uuid, hex)));
  }

  update(view: DeviceView, usable: boolean): void {
    const v = view.value(this.service, this.uuid);
    write(this.value, v ? (v.text ?? spaced(v.hex)) : "");
    set(this.value, "title", v && [v.text, spaced(v.hex)].filter(Boolean).join("\n"));
    for (const [b, verb] of this.buttons) b.disabled = !usable || !view.may(verb);
  }

  private form(label: string, send: (hex: string) => void): HTMLFormElement {
    const input = h("input", { type: "text", "aria-label": label, placeholder: "01 ff", autocomplete: "off", spellcheck: "false", maxlength: 1600 });
    const go = h("button", { type: "submit", class: "small" }, "Write");
    const form = h("form", {}, input, go);
    this.buttons.push([input, "write"], [go, "write"]);
    form.addEventListener("submit", (e) => (e.preventDefault(), send(input.value)));
    return form;
  }
}

/** called is what something is called, and its UUID. */
function called(uuid: string): (Node | string)[] {
  const name = nameOf(uuid);
  const code = h("code", { title: clean(uuid, 40) }, clean(uuid, 13));
  return name ? [name, " ", code] : [code];
}

const spaced = (hex: string): string => (hex.match(/../g) ?? []).slice(0, 32).join(" ");
