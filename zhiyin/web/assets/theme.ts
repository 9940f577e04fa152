type Theme = "auto" | "light" | "dark";

const YEAR = 31_536_000;

/** Buttons `[data-theme-choice]` set the theme; the cookie lets the server render it from the first byte. */
export function startTheme(): void {
  document.addEventListener("click", (event) => {
    const button =
      event.target instanceof Element && event.target.closest<HTMLElement>("[data-theme-choice]");
    if (button) choose(button.dataset.themeChoice as Theme);
  });
}

function choose(theme: Theme): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `zhiyin_theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  if (theme === "auto") delete document.documentElement.dataset.bsTheme;
  else document.documentElement.dataset.bsTheme = theme;
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-choice]"))
    button.setAttribute("aria-checked", String(button.dataset.themeChoice === theme));
  document.dispatchEvent(new CustomEvent("zhiyin:theme"));
}

/** Whether the page is dark now, by choice or by the system. */
export function isDark(): boolean {
  const chosen = document.documentElement.dataset.bsTheme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
