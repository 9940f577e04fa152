import { expect, test, vi } from "vitest";
import { type ChartData, chartOptions, formatter, type Look } from "./options";

vi.stubGlobal("matchMedia", () => ({ matches: false }));

const look: Look = {
  text: "#000",
  faint: "#666",
  line: "#eee",
  surface: "#fff",
  font: "x",
  palette: ["#111", "#222"],
};
const data: ChartData = {
  key: "k",
  kind: "line",
  title: "t",
  x_label: "",
  y_label: "",
  categories: ["a", "b"],
  series: [{ name: "m", values: [1, 2], kind: null, low: [0.5, 1], high: [2, 4], dashed: true }],
  format: "number",
  currency: "",
  stacked: false,
  horizontal: false,
};

test("an interval is drawn as its lower edge and its width", () => {
  const { series } = chartOptions(data, look, "en") as { series: { data: number[]; stack?: string }[] };
  expect(series.map((each) => each.data)).toEqual([
    [0.5, 1],
    [1.5, 3],
    [1, 2],
  ]);
  expect(series[0]?.stack).toBe(series[1]?.stack);
});

test("tooltips need no inline style, which the Content-Security-Policy refuses", () => {
  const { tooltip } = chartOptions(data, look, "en") as { tooltip: { renderMode: string } };
  expect(tooltip.renderMode).toBe("richText");
});

test("numbers follow the reader's locale", () => {
  expect(formatter({ format: "money", currency: "CNY" }, "zh-hans")(1_234_567)).toBe("¥123.46万");
  expect(formatter({ format: "percent", currency: "" }, "en")(0.1234)).toBe("12.3%");
  expect(formatter({ format: "integer", currency: "" }, "en")(12.6)).toBe("13");
  expect(formatter({ format: "integer", currency: "" }, "zh-hans")(15_000)).toBe("1.5万");
});
