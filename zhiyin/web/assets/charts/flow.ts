import { SankeyChart } from "echarts/charts";
import { AriaComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type FlowData, flowOptions } from "./flowOptions";
import { look } from "./look";

use([SankeyChart, AriaComponent, TooltipComponent, CanvasRenderer]);

/** Draw one `figure[data-flow]`. */
export function drawFlow(figure: HTMLElement): void {
  const plot = figure.querySelector<HTMLElement>(".chart-plot");
  const source = figure.querySelector("script[type='application/json']");
  if (!plot || !source?.textContent) return;
  const data: FlowData = JSON.parse(source.textContent);
  const chart = init(plot);
  const paint = () => chart.setOption(flowOptions(data, look(), document.documentElement.lang), true);
  paint();
  new ResizeObserver(() => chart.resize()).observe(plot);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  document.addEventListener("zhiyin:theme", paint);
}
