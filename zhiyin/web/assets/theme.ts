type Theme = "auto" | "light" | "dark";

/** Buttons `[data-theme-choice]` show the theme at once; htmx sends it to the server, which renders it from then on. */
export function startTheme(): void {
  document.addEventListener("click", (event) => {
    const button =
      event.target instanceof Element && event.target.closest<HTMLElement>("[data-theme-choice]");
    if (button) choose(button.dataset.themeChoice as Theme);
  });
}

function choose(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset.bsTheme;
  else document.documentElement.dataset.bsTheme = theme;
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-choice]"))
    button.setAttribute("aria-checked", String(button.dataset.themeChoice === theme));
  document.dispatchEvent(new CustomEvent("zhiyin:theme"));
}
