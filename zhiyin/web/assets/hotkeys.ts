import { isTyping } from "./dom";

/** A key presses what says `data-hotkey`: in the current row of a list before the rest of the page. */
export function startHotkeys(): void {
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey || event.key.length > 1)
      return;
    if (document.querySelector("dialog[open], .menu:popover-open")) return;
    const named = `[data-hotkey="${CSS.escape(event.key)}"]`;
    const found =
      document.querySelector<HTMLElement>(`tr[data-current] ${named}`) ??
      document.querySelector<HTMLElement>(`:not(tr *)${named}`);
    if (!found) return;
    event.preventDefault();
    if (found.matches("textarea, input")) found.focus();
    else found.click();
  });
}
