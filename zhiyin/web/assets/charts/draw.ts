import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type ECharts, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { download, tableToCsv } from "./csv";
import { look } from "./look";
import { type ChartData, chartOptions } from "./options";

use([
  BarChart,
  LineChart,
  ScatterChart,
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  CanvasRenderer,
]);

/** Draw one `figure[data-chart]` and wire its table, CSV and picture buttons. */
export function draw(figure: HTMLElement): void {
  const plot = figure.querySelector<HTMLElement>(".chart-plot");
  const source = figure.querySelector("script[type='application/json']");
  if (!plot || !source?.textContent) return;
  const data: ChartData = JSON.parse(source.textContent);
  const chart = init(plot);
  const paint = () => chart.setOption(chartOptions(data, look(), document.documentElement.lang), true);
  paint();

  const sizes = new ResizeObserver(() => chart.resize());
  sizes.observe(plot);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", paint);
  document.addEventListener("zhiyin:theme", paint);
  figure.addEventListener("htmx:beforeCleanupElement", () => {
    sizes.disconnect();
    dark.removeEventListener("change", paint);
    document.removeEventListener("zhiyin:theme", paint);
    chart.dispose();
  });
  figure.addEventListener("click", (event) => onTool(event, figure, chart, data.key));
}

function onTool(event: Event, figure: HTMLElement, chart: ECharts, key: string): void {
  const button = event.target instanceof Element && event.target.closest<HTMLElement>("[data-chart-tool]");
  const area = figure.querySelector<HTMLElement>(".chart-table");
  const table = area?.querySelector("table");
  if (!button || !area || !table) return;
  if (button.dataset.chartTool === "table") {
    area.hidden = !area.hidden;
    button.setAttribute("aria-expanded", String(!area.hidden));
  } else if (button.dataset.chartTool === "csv") {
    const url = URL.createObjectURL(new Blob([tableToCsv(table)], { type: "text/csv;charset=utf-8" }));
    download(`${key}.csv`, url);
    URL.revokeObjectURL(url);
  } else {
    download(`${key}.png`, chart.getDataURL({ pixelRatio: 2, backgroundColor: look().surface }));
  }
}
