import { chooser } from "../choosing";
import { whenAdded } from "../dom";
import { meant, type Place, propose, withTownship } from "./reading";
import type { Townships, Tree } from "./tidy";

const LEVELS = ["province", "city", "district", "township"] as const;
const AT_HOME = /^(|中国|中华人民共和国|china|cn|prc)$/i;
type Level = (typeof LEVELS)[number];
type Field = HTMLInputElement | HTMLSelectElement;
type Data = typeof import("virtual:divisions");

/** Fields of an address (`[data-divisions]`): of one in China the divisions are chosen, each within the one above. */
export function startDivisions(): void {
  whenAdded<HTMLElement>("[data-divisions]", (root) => {
    // most people who open the page want no address
    const seen = new IntersectionObserver(async (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      new Divisions(root, await import("virtual:divisions"));
    });
    seen.observe(root);
  });
}

export class Divisions {
  private townships: Townships = {};
  private readonly tree: Tree;

  constructor(
    private readonly root: HTMLElement,
    private readonly data: Data,
  ) {
    this.tree = data.tree;
    const country = root.querySelector<HTMLInputElement>("[name=country]");
    country?.addEventListener("change", () => this.refresh(country.value));
    root.addEventListener("change", (event) => {
      const level = (event.target as HTMLElement).dataset.division as Level | undefined;
      if (level && event.target instanceof HTMLSelectElement) this.cascade(level);
    });
    this.offerWhole();
    void this.refresh(country?.value ?? "");
  }

  /** Choices for an address at home, plain fields for any other. */
  async refresh(country: string): Promise<void> {
    const isHome = AT_HOME.test(country.trim());
    const whole = this.root.querySelector<HTMLElement>("[data-whole]");
    if (whole) whole.hidden = !isHome;
    for (const level of LEVELS) this.swap(level, isHome ? "select" : "input");
    if (!isHome) return;
    await this.loadTownships();
    for (const level of LEVELS) this.fill(level, this.value(level));
  }

  /** What lies below a division that was chosen: the only one there is at once, otherwise none yet. */
  async cascade(level: Level): Promise<void> {
    if (level === "province") await this.loadTownships();
    for (const below of LEVELS.slice(LEVELS.indexOf(level) + 1)) {
      const names = this.names(below);
      this.fill(below, names.length === 1 ? (names[0] ?? "") : "");
    }
  }

  async take(place: Place): Promise<void> {
    this.fill("province", place.province);
    await this.loadTownships();
    const whole = withTownship(place, this.townships);
    for (const level of LEVELS.slice(1)) this.fill(level, whole[level] || this.only(level));
    const street = this.root.querySelector<HTMLInputElement>("[name=street]");
    if (street && whole.rest) street.value = whole.rest;
    const open = LEVELS.map((level) => this.field(level)).find((field) => field && !field.value);
    (open ?? street)?.focus();
  }

  private only(level: Level): string {
    const names = this.names(level);
    return names.length === 1 ? (names[0] ?? "") : "";
  }

  private async loadTownships(): Promise<void> {
    const province = meant(Object.keys(this.tree), this.value("province"));
    this.townships = province ? ((await this.data.townships[province]?.())?.default ?? {}) : {};
  }

  private names(level: Level): string[] {
    if (level === "province") return Object.keys(this.tree);
    const cities = this.tree[meant(Object.keys(this.tree), this.value("province")) ?? ""] ?? {};
    if (level === "city") return Object.keys(cities);
    const city = meant(Object.keys(cities), this.value("city")) ?? "";
    const districts = cities[city] ?? [];
    if (level === "district") return districts;
    return this.townships[city]?.[meant(districts, this.value("district")) ?? ""] ?? [];
  }

  private field(level: Level): Field | null {
    return this.root.querySelector<Field>(`[data-division=${level}]`);
  }

  private value(level: Level): string {
    return this.field(level)?.value ?? "";
  }

  /** A field that is chosen from instead of written, or the other way, with what was in it. */
  private swap(level: Level, tag: "select" | "input"): void {
    const old = this.field(level);
    if (!old || old.localName === tag) return;
    const made = document.createElement(tag);
    for (const { name, value } of old.attributes) made.setAttribute(name, value);
    made.removeAttribute("value");
    made.classList.toggle("form-select", tag === "select");
    made.classList.toggle("form-control", tag === "input");
    const { value } = old;
    old.replaceWith(made);
    if (tag === "select") this.fill(level, value);
    else made.value = value;
  }

  private fill(level: Level, value: string): void {
    const field = this.field(level);
    if (!(field instanceof HTMLSelectElement)) return;
    const names = this.names(level);
    // what an import brought may be none of them
    if (value && !names.includes(value)) names.unshift(value);
    const none = new Option(names.length ? (this.root.dataset.none ?? "") : "–", "");
    field.replaceChildren(none, ...names.map((name) => new Option(name, name)));
    field.value = value;
    field.disabled = !names.length;
  }

  /** The whole address in one line: what fits is offered below it. */
  private offerWhole(): void {
    const whole = this.root.querySelector<HTMLElement>("[data-whole]");
    const input = whole?.querySelector("input");
    const list = whole?.querySelector<HTMLElement>("[role=listbox]");
    if (!whole || !input || !list) return;
    const options = () => [...list.querySelectorAll<HTMLElement>("[role=option]")];
    const { select, handle } = chooser(whole, input, options);
    const show = (places: Place[]) => {
      list.replaceChildren(...places.map((place) => this.option(place, () => show([]))));
      input.setAttribute("aria-expanded", String(places.length > 0));
      select(options()[0]);
    };
    input.addEventListener("input", () => show(propose(input.value, this.tree)));
    input.addEventListener("keydown", (event) => {
      if (options().length && handle(event)) return;
      if (event.key === "Escape") show([]);
      // it has no name and is nothing to send
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
    });
  }

  private option(place: Place, done: () => void): HTMLElement {
    const option = document.createElement("button");
    option.type = "button";
    option.className = "pick";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const named = [place.province, place.city, place.district].filter(
      (name, at, all) => name && name !== all[at - 1],
    );
    const rest = document.createElement("small");
    rest.textContent = place.rest;
    option.append(Object.assign(document.createElement("span"), { textContent: named.join(" ") }), rest);
    option.addEventListener("click", async () => {
      done();
      await this.take(place);
    });
    return option;
  }
}
