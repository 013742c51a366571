// The colour theme: the system's, light or dark. It is loaded in the head before the first paint, so that a page never flashes in the wrong one.
{
  const key = "wab-theme";
  const root = document.documentElement;
  type Theme = "light" | "dark" | "system";
  const order: Theme[] = ["system", "light", "dark"];

  const stored = (): Theme => {
    try {
      const value = localStorage.getItem(key);
      return value === "light" || value === "dark" ? value : "system";
    } catch {
      return "system"; // storage may be switched off
    }
  };

  const show = (theme: Theme): void => {
    if (theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
  };

  const keep = (theme: Theme): void => {
    try {
      if (theme === "system") localStorage.removeItem(key);
      else localStorage.setItem(key, theme);
    } catch {
      // then it holds for this page only
    }
  };

  const name = (button: HTMLElement, theme: Theme): void => {
    button.setAttribute("aria-label", `Colours: ${theme}. Change`);
    button.title = `Colours: ${theme}`;
  };

  let theme = stored();
  show(theme);
  addEventListener("storage", (e) => {
    if (e.key === key || e.key === null) turn(stored());
  });

  /** turn shows a theme, in the frames of this page too: a sandboxed one has no storage, and asks. */
  const turn = (to: Theme): void => {
    show((theme = to));
    for (let i = 0; i < frames.length; i++) tell(frames[i]!);
  };
  const tell = (frame: Window): void => frame.postMessage({ wab: "theme", theme }, "*");
  const embedded = parent !== self && origin === "null";
  if (embedded) {
    root.dataset["embedded"] = ""; // the page around has bar and foot
    parent.postMessage({ wab: "theme" }, "*");
  }
  addEventListener("message", ({ data, source }: MessageEvent<{ wab?: string; theme?: Theme } | null>) => {
    if (data?.wab !== "theme") return;
    if (embedded && source === parent) turn(order.find((t) => t === data.theme) ?? "system");
    else if (!data.theme) tell(source as Window);
  });
  document.addEventListener("DOMContentLoaded", () => {
    root.classList.add("ready");
    for (const button of document.querySelectorAll<HTMLElement>("[data-theme-switch]")) {
      name(button, theme);
      button.addEventListener("click", () => {
        turn(order[(order.indexOf(theme) + 1) % order.length] ?? "system");
        keep(theme);
        name(button, theme);
      });
    }
  });
}
