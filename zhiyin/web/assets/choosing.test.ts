// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { chooser } from "./choosing";

function list(): { input: HTMLInputElement; options: HTMLElement[]; press: (key: string) => boolean } {
  document.body.innerHTML = `<div><input><button role="option">a</button><button role="option">b</button></div>`;
  const root = document.querySelector("div") as HTMLElement;
  const input = document.querySelector("input") as HTMLInputElement;
  const options = [...document.querySelectorAll<HTMLElement>("button")];
  for (const option of options) option.scrollIntoView = vi.fn();
  const { select, handle } = chooser(root, input, () => options);
  select(options[0]);
  return { input, options, press: (key) => handle(new KeyboardEvent("keydown", { key })) };
}

const chosen = (options: HTMLElement[]) =>
  options.map((option) => option.getAttribute("aria-selected") === "true");

test("arrows go round, and the field names what is chosen", () => {
  const { input, options, press } = list();
  expect(press("ArrowDown")).toBe(true);
  expect(chosen(options)).toEqual([false, true]);
  expect(input.getAttribute("aria-activedescendant")).toBe(options[1]?.id);
  press("ArrowDown");
  expect(chosen(options)).toEqual([true, false]);
  press("ArrowUp");
  expect(chosen(options)).toEqual([false, true]);
});

test("enter takes what is chosen, and nothing else is a key of choosing", () => {
  const { options, press } = list();
  const click = vi.spyOn(options[0] as HTMLElement, "click");
  expect(press("Enter")).toBe(true);
  expect(click).toHaveBeenCalledOnce();
  expect(press("x")).toBe(false);
});
