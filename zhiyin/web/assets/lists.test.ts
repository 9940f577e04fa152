import { beforeEach, expect, test } from "vitest";
import { startLists } from "./lists";
import { matches } from "./palette";

const page = `<div data-list><table><thead><tr><th class="check"><input type="checkbox"></th></tr></thead><tbody>${[
  1, 2, 3, 4,
]
  .map(
    (n) =>
      `<tr><td class="check"><input type="checkbox" value="${n}"></td><th><a href="#${n}">${n}</a></th></tr>`,
  )
  .join("")}</tbody></table><div class="bulk" hidden><b data-bulk-count></b></div></div>`;

const chosen = () =>
  [...document.querySelectorAll<HTMLInputElement>("tbody input:checked")].map((box) => box.value);
const press = (key: string) =>
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const box = (index: number) =>
  document.querySelectorAll<HTMLInputElement>("tbody input")[index] as HTMLInputElement;
let started = false;

beforeEach(() => {
  document.body.innerHTML = page;
  HTMLElement.prototype.scrollIntoView = () => {};
  if (started)
    document.body.dispatchEvent(
      new CustomEvent("htmx:load", { detail: { elt: document.querySelector("[data-list]") } }),
    );
  else startLists();
  started = true;
});

test("shift chooses everything between two rows", () => {
  box(0).click();
  box(2).dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true }));
  expect(chosen()).toEqual(["1", "2", "3"]);
});

test("the bar for many rows shows how many are chosen, and only then", () => {
  const bar = document.querySelector<HTMLElement>(".bulk");
  expect(bar?.hidden).toBe(true);
  box(1).click();
  expect(bar?.hidden).toBe(false);
  expect(bar?.textContent).toBe("1");
  expect(document.querySelector<HTMLInputElement>("thead input")?.indeterminate).toBe(true);
});

test("the head's box chooses all", () => {
  document.querySelector<HTMLInputElement>("thead input")?.click();
  expect(chosen()).toHaveLength(4);
});

test("j and k walk the rows, x chooses the one reached", () => {
  for (const key of ["j", "j", "j", "k", "x"]) press(key);
  expect(document.querySelector("tr[data-current] a")?.textContent).toBe("2");
  expect(chosen()).toEqual(["2"]);
});

test("the palette finds by every word, in any order", () => {
  expect(matches("导入文件 import drwj", "IMP 导入")).toBe(true);
  expect(matches("导入文件 import drwj", "文件")).toBe(true);
  expect(matches("导入文件 import drwj", "rw")).toBe(false);
  expect(matches("x", "")).toBe(true);
});
