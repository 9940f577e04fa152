import { isTyping, whenAdded } from "./dom";

/** Keyboard and choosing of rows in every `[data-list]`: j, k, Enter, x, [ and ]. */
export function startLists(): void {
  whenAdded<HTMLElement>("[data-list]", setUp);
  document.addEventListener("keydown", onKey);
}

const boxes = (list: HTMLElement) => [...list.querySelectorAll<HTMLInputElement>("tbody .check input")];

function setUp(list: HTMLElement): void {
  let last: HTMLInputElement | null = null;
  list.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !box.closest("tbody .check")) return;
    if (event.shiftKey && last) checkBetween(boxes(list), last, box);
    last = box;
    refresh(list);
  });
  list.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !box.matches("thead .check input")) return;
    for (const each of boxes(list)) each.checked = box.checked;
    refresh(list);
  });
  list.querySelector("[data-bulk-clear]")?.addEventListener("click", () => {
    for (const each of boxes(list)) each.checked = false;
    refresh(list);
  });
  refresh(list);
}

/** Give every box between `from` and `to` the state of `to`. */
export function checkBetween(all: HTMLInputElement[], from: HTMLInputElement, to: HTMLInputElement): void {
  const [start, end] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  for (const box of all.slice(start, (end ?? 0) + 1)) box.checked = to.checked;
}

function refresh(list: HTMLElement): void {
  const all = boxes(list);
  const chosen = all.filter((box) => box.checked).length;
  const head = list.querySelector<HTMLInputElement>("thead .check input");
  if (head) {
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  }
  const bar = list.querySelector<HTMLElement>(".bulk");
  const count = bar?.querySelector("[data-bulk-count]");
  if (bar) bar.hidden = chosen === 0;
  if (count) count.textContent = String(chosen);
}

function onKey(event: KeyboardEvent): void {
  if (isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  if (document.querySelector("dialog[open], .menu:popover-open")) return;
  const list = document.querySelector<HTMLElement>("[data-list]");
  if (!list) return;
  const rows = [...list.querySelectorAll<HTMLElement>("tbody tr")];
  const at = rows.findIndex((row) => "current" in row.dataset);
  const current = rows[at];
  if (event.key === "j") move(rows, at, Math.min(at + 1, rows.length - 1));
  else if (event.key === "k") move(rows, at, Math.max(at - 1, 0));
  else if (event.key === "Enter" && current && event.target === document.body)
    current.querySelector<HTMLElement>("a[href]")?.click();
  else if (event.key === "x") current?.querySelector<HTMLElement>(".check input")?.click();
  else if (event.key === "]") list.querySelector<HTMLElement>("a[rel=next]")?.click();
  else if (event.key === "[") list.querySelector<HTMLElement>("a[rel=prev]")?.click();
  else return;
  event.preventDefault();
}

function move(rows: HTMLElement[], from: number, to: number): void {
  delete rows[from]?.dataset.current;
  const row = rows[to];
  if (!row) return;
  row.dataset.current = "";
  row.scrollIntoView({ block: "nearest" });
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
