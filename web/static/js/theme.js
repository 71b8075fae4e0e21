// Light, dark, or as the system says: remembered on this device. Loaded in <head>, before anything
// is painted, so that no page flashes in the other colours.
{
  const KEY = "gas-theme";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try {
      return localStorage.getItem(KEY) ?? "system";
    } catch {
      return "system"; // storage is switched off: follow the system
    }
  };
  const choose = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // It then holds for this page only.
    }
    apply(theme);
  };
  const apply = (theme = chosen()) => {
    const isDark = theme === "dark" || (theme !== "light" && dark.matches);
    root.dataset.bsTheme = isDark ? "dark" : "light";
    for (const button of document.querySelectorAll("[data-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
    }
  };

  root.classList.add("scripts"); // shows the switch, whose room was kept, so that nothing moves
  apply();
  dark.addEventListener("change", () => apply());
  window.addEventListener("storage", (event) => event.key === KEY && apply());
  document.addEventListener("DOMContentLoaded", () => apply());
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme]");
    if (button) choose(button.dataset.theme);
    // A menu closes when something else is clicked.
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
