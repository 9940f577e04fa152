import { closest } from "./dom";

const ROW = "[data-ordering] > tr";
const MOVED = "zy-ordering-moved";

/** Rows that are in an order move by being dragged, or by Alt and an arrow key; the form of that id is sent. */
export function startOrdering(): void {
  refocus();
  let dragged: HTMLTableRowElement | null = null;
  document.addEventListener("dragstart", (event) => {
    dragged = closest(event, ROW);
    dragged?.classList.add("is-dragged");
  });
  document.addEventListener("dragover", (event) => {
    const over = closest<HTMLTableRowElement>(event, ROW);
    if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    if (over === dragged) return;
    const middle = over.getBoundingClientRect().top + over.offsetHeight / 2;
    over[event.clientY < middle ? "before" : "after"](dragged);
  });
  document.addEventListener("drop", (event) => {
    if (dragged && closest(event, "[data-ordering]")) event.preventDefault();
  });
  document.addEventListener("dragend", () => {
    const row = dragged;
    dragged = null;
    row?.classList.remove("is-dragged");
    if (row) send(row);
  });
  document.addEventListener("keydown", (event) => {
    const name = event.altKey ? { ArrowUp: "up", ArrowDown: "down" }[event.key] : undefined;
    const row = name ? closest<HTMLTableRowElement>(event, ROW) : null;
    if (!row) return;
    event.preventDefault();
    sessionStorage.setItem(MOVED, key(row));
    row.querySelector<HTMLButtonElement>(`button[name="${name}"]:not(:disabled)`)?.click();
  });
}

function send(row: HTMLTableRowElement): void {
  const form = document.getElementById(row.closest<HTMLElement>("[data-ordering]")?.dataset.ordering ?? "");
  sessionStorage.setItem(MOVED, key(row));
  if (form instanceof HTMLFormElement) form.requestSubmit();
}

function key(row: HTMLTableRowElement): string {
  return row.querySelector<HTMLInputElement>('input[name="ids"]')?.value ?? "";
}

/** After the page came again, the keyboard is where it was. */
function refocus(): void {
  const moved = sessionStorage.getItem(MOVED);
  sessionStorage.removeItem(MOVED);
  if (!moved) return;
  const rows = document.querySelectorAll<HTMLTableRowElement>(ROW);
  [...rows]
    .find((row) => key(row) === moved)
    ?.querySelector<HTMLElement>("a")
    ?.focus();
}
