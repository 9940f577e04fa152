import { closest } from "./dom";

const DAY_MS = 86_400_000;
const MOVED = "zy-calendar-moved";
const STEPS: Record<string, [days: number, minutes: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -15],
  ArrowDown: [0, 15],
};

const QUARTER_PX = 12;
const QUARTER = 15;

/** Appointments move by being dragged to another day or hour, or by Alt and an arrow key; a click into free time begins one. */
export function startCalendar(): void {
  const form = document.querySelector<HTMLFormElement>("#calendar-move");
  if (!form) return;
  refocus();
  let dragged: HTMLElement | null = null;
  let from = 0;
  document.addEventListener("dragstart", (event) => {
    dragged = closest(event, "[data-move]");
    from = event.clientY;
    event.dataTransfer?.setData("text/plain", dragged?.textContent ?? "");
  });
  document.addEventListener("dragover", (event) => {
    if (dragged && closest(event, "[data-calendar] .cal-day")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const days = dragged ? daysBetween(dragged, closest(event, "[data-calendar] .cal-day")) : 0;
    const minutes =
      dragged && closest(event, ".cal-hours") ? quartersBetween(dragged, event.clientY - from) : 0;
    if (!dragged || (!days && !minutes)) return;
    event.preventDefault();
    move(form, dragged, days, minutes);
  });
  document.addEventListener("click", (event) => {
    const grid =
      event.target instanceof HTMLElement && event.target.matches("[data-new]") ? event.target : null;
    if (grid) location.href = newAt(grid, event.clientY);
  });
  document.addEventListener("keydown", (event) => {
    const step = event.altKey ? STEPS[event.key] : undefined;
    const item = step ? closest<HTMLElement>(event, "[data-move]") : null;
    if (!step || !item) return;
    event.preventDefault();
    move(form, item, ...step);
  });
}

function daysBetween(item: HTMLElement, target: HTMLElement | null): number {
  const from = item.closest<HTMLElement>("[data-day]")?.dataset.day;
  const to = target?.querySelector<HTMLElement>("[data-day]")?.dataset.day;
  return from && to ? Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) : 0;
}

/** How much later something of the hours was put, in minutes. */
function quartersBetween(item: HTMLElement, pixels: number): number {
  return item.closest(".cal-hours") ? Math.round(pixels / QUARTER_PX) * QUARTER : 0;
}

function newAt(grid: HTMLElement, y: number): string {
  const half = Math.max(0, Math.floor((y - grid.getBoundingClientRect().top) / (2 * QUARTER_PX)));
  const minutes = Number(grid.dataset.first) * 60 + half * 30;
  const time = [Math.floor(minutes / 60), minutes % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return `${grid.dataset.new}?on=${grid.dataset.day}&at=${time}`;
}

function move(form: HTMLFormElement, item: HTMLElement, days: number, minutes: number): void {
  const values = { days, minutes, version: item.dataset.version, at: item.dataset.at };
  for (const [name, value] of Object.entries(values)) {
    const input = form.elements.namedItem(name);
    if (input instanceof HTMLInputElement) input.value = String(value ?? "");
  }
  form.action = item.dataset.move ?? "";
  sessionStorage.setItem(MOVED, item.querySelector(".cal-title")?.textContent ?? "");
  form.submit();
}

/** After the page came again, the keyboard is where it was. */
function refocus(): void {
  const title = sessionStorage.getItem(MOVED);
  sessionStorage.removeItem(MOVED);
  if (!title) return;
  const items = document.querySelectorAll<HTMLElement>("[data-move] a");
  [...items].find((each) => each.querySelector(".cal-title")?.textContent === title)?.focus();
}
