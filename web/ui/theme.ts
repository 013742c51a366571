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
    if (e.key === key || e.key === null) show((theme = stored()));
  });
  document.addEventListener("DOMContentLoaded", () => {
    root.classList.add("ready");
    for (const button of document.querySelectorAll<HTMLElement>("[data-theme-switch]")) {
      name(button, theme);
      button.addEventListener("click", () => {
        theme = order[(order.indexOf(theme) + 1) % order.length] ?? "system";
        show(theme);
        keep(theme);
        name(button, theme);
      });
    }
  });
}
