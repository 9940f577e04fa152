import { chooser } from "./choosing";
import { whenAdded } from "./dom";

/** A field that finds (`[data-picker]`): the server lists what fits, arrows choose, Enter takes, Escape closes. */
export function startPickers(): void {
  whenAdded<HTMLElement>("[data-picker]", setUp);
  // what comes next after a pick, ready to be typed over
  whenAdded<HTMLInputElement>("input[data-focus]", (input) => input.select());
}

function setUp(picker: HTMLElement): void {
  const input = picker.querySelector<HTMLInputElement>("[role=combobox]");
  if (!input) return;
  const options = () => [...picker.querySelectorAll<HTMLElement>("[role=option]")];
  const { select, handle } = chooser(picker, input, options);
  const refresh = () => {
    input.setAttribute("aria-expanded", String(options().length > 0));
    select(options()[0]);
  };
  picker.addEventListener("htmx:afterSettle", refresh);
  input.addEventListener("keydown", (event) => {
    if (handle(event) || event.key !== "Escape") return;
    for (const option of options()) option.remove();
    refresh();
  });
  refresh();
}
