import { closest } from "./dom";

const SHOWN_MS = 2000;

/** `<button data-copy="text">` puts the text on the clipboard and says so for a moment. */
export function startCopy(): void {
  document.addEventListener("click", async (event) => {
    const button = closest(event, "[data-copy]");
    if (!(button instanceof HTMLElement)) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy ?? "");
    } catch {
      select(button.closest("div")?.querySelector("code"));
      return;
    }
    button.classList.add("is-copied");
    setTimeout(() => button.classList.remove("is-copied"), SHOWN_MS);
  });
}

/** Without the right to the clipboard the text is chosen, ready for Ctrl-C. */
function select(element: Element | null | undefined): void {
  if (element) getSelection()?.selectAllChildren(element);
}
