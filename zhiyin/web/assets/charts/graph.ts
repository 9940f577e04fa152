import { GraphChart } from "echarts/charts";
import { AriaComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type GraphData, graphOptions } from "./graphOptions";
import { look } from "./look";

use([GraphChart, AriaComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

/** Draw one `figure[data-graph]`; a click on a customer leads to its address. */
export function drawGraph(figure: HTMLElement): void {
  const plot = figure.querySelector<HTMLElement>(".chart-plot");
  const source = figure.querySelector("script[type='application/json']");
  if (!plot || !source?.textContent) return;
  const data: GraphData = JSON.parse(source.textContent);
  const chart = init(plot);
  const paint = () => chart.setOption(graphOptions(data, look()), true);
  paint();
  chart.on("click", ({ dataType, data: shown }) => {
    const { url } = shown as { url?: string };
    if (dataType === "node" && url) location.assign(url);
  });
  new ResizeObserver(() => chart.resize()).observe(plot);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  document.addEventListener("zhiyin:theme", paint);
}
