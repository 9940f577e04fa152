import { chooser } from "./choosing";
import { closest, isTyping } from "./dom";

/** The command palette: pages and actions filtered here, records found by the server. */
export function startPalette(): void {
  const dialog = document.querySelector<HTMLDialogElement>("dialog.palette");
  const input = dialog?.querySelector<HTMLInputElement>("input");
  if (!dialog || !input) return;

  const items = () => [...dialog.querySelectorAll<HTMLElement>(".palette-item:not([hidden])")];
  const nothing = dialog.querySelector<HTMLElement>(".palette-nothing");
  const { select, handle } = chooser(dialog, input, items);
  const show = () => {
    select(items()[0]);
    if (nothing) nothing.hidden = items().length > 0;
  };
  const filter = () => {
    for (const item of dialog.querySelectorAll<HTMLElement>("[data-words]"))
      item.hidden = !matches(item.dataset.words ?? "", input.value);
    show();
  };
  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    filter();
  };

  document.addEventListener("keydown", (event) => {
    const byCommand = event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey);
    const bySlash = event.key === "/" && !event.metaKey && !event.ctrlKey && !isTyping(event.target);
    if (!byCommand && !bySlash) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (closest(event, "[data-palette-open]")) open();
    else if (event.target === dialog) dialog.close();
  });
  input.addEventListener("input", filter);
  dialog.addEventListener("htmx:afterSettle", show);
  dialog.addEventListener("mousemove", (event) => {
    const item = closest<HTMLElement>(event, ".palette-item");
    if (item && item.getAttribute("aria-selected") !== "true") select(item);
  });
  dialog.addEventListener("keydown", handle);
}

/** Whether each word of `query` begins a word of `words`; Chinese may stand anywhere in one. */
export function matches(words: string, query: string): boolean {
  const known = words.toLowerCase().split(/\s+/);
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((asked) =>
      known.some((word) => (/^[\x20-\x7e]*$/.test(asked) ? word.startsWith(asked) : word.includes(asked))),
    );
}
