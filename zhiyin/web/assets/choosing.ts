/** Options that one chooses with the arrow keys while the focus stays in a field. */
export interface Chooser {
  select(option: HTMLElement | undefined): void;
  /** Whether the key was one of choosing: then nothing else should come of it. */
  handle(event: KeyboardEvent): boolean;
}

let made = 0;

export function chooser(root: HTMLElement, input: HTMLInputElement, options: () => HTMLElement[]): Chooser {
  const select = (option: HTMLElement | undefined) => {
    root.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    if (!option) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    option.scrollIntoView({ block: "nearest" });
    option.id ||= `option-${++made}`;
    input.setAttribute("aria-activedescendant", option.id);
  };
  const handle = (event: KeyboardEvent) => {
    if (event.isComposing) return false;
    const shown = options();
    const at = shown.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") select(shown[(at + 1) % shown.length]);
    else if (event.key === "ArrowUp") select(shown.at(at - 1));
    else if (event.key === "Enter") shown[at]?.click();
    else return false;
    event.preventDefault();
    return true;
  };
  return { select, handle };
}
