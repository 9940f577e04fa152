import { isTyping } from "./dom";

const GAP = 4;
const EDGE = 8;

/** Place each popover `.menu` beside the button that opened it, and let arrow keys walk its items. */
export function startMenus(): void {
  // on a narrow screen the tab that is open may lie beyond the edge
  document.querySelector(".tab[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  document.addEventListener("toggle", onToggle, true);
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && !isTyping(event.target)) open("shortcuts");
  });
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const dialog = target?.closest<HTMLElement>("[data-opens]")?.dataset.opens;
    if (dialog) open(dialog);
    if (target?.closest("[data-closes]")) target.closest("dialog")?.close();
  });
}

function open(id: string): void {
  const dialog = document.getElementById(id) as HTMLDialogElement | null;
  if (dialog && !dialog.open) dialog.showModal();
}

function onToggle(event: Event): void {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu[popover]")) return;
  const button = document.querySelector<HTMLElement>(`[popovertarget="${menu.id}"]`);
  const open = (event as ToggleEvent).newState === "open";
  button?.setAttribute("aria-expanded", String(open));
  if (!open || !button) return;
  place(menu, button.getBoundingClientRect());
  menu.querySelector<HTMLElement>("[autofocus], .menu-item, input")?.focus();
}

function place(menu: HTMLElement, anchor: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = anchor.left + width > innerWidth - EDGE ? anchor.right - width : anchor.left;
  const below = anchor.bottom + GAP;
  const top = below + height > innerHeight - EDGE ? Math.max(EDGE, anchor.top - GAP - height) : below;
  menu.style.left = `${Math.max(EDGE, left)}px`;
  menu.style.top = `${top}px`;
}

function onKey(event: KeyboardEvent): void {
  const menu = event.target instanceof Element && event.target.closest<HTMLElement>(".menu[popover]");
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const items = [...menu.querySelectorAll<HTMLElement>(".menu-item")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = items.indexOf(document.activeElement as HTMLElement) + step;
  items.at(next % items.length)?.focus();
  event.preventDefault();
}
