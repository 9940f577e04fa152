import type { EChartsCoreOption } from "echarts/core";
import type { Look } from "./options";

/** What the server sends for a flow; `zhiyin/web/customers/views/status.py` is the other side. */
export interface FlowData {
  nodes: { id: string; name: string; side: "left" | "right" }[];
  links: { source: string; target: string; value: number }[];
}

interface Shown {
  dataType: string;
  name: string;
  value: number;
  data: { source?: string; target?: string };
}

/** ECharts' options for `data`: a status has one colour on both sides. */
export function flowOptions(data: FlowData, look: Look, locale: string): EChartsCoreOption {
  const names = [...new Set(data.nodes.map(({ name }) => name))];
  const named = new Map(data.nodes.map(({ id, name }) => [id, name]));
  const count = new Intl.NumberFormat(locale);
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true },
    textStyle: { fontFamily: look.font, color: look.text },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: look.surface,
      borderColor: look.line,
      textStyle: { color: look.text },
      formatter: ({ dataType, name, value, data: shown }: Shown) =>
        dataType === "edge"
          ? `${named.get(shown.source ?? "")} → ${named.get(shown.target ?? "")}: ${count.format(value)}`
          : `${named.get(name)}: ${count.format(value)}`,
    },
    series: [
      {
        type: "sankey",
        left: 4,
        right: 4,
        top: 8,
        bottom: 8,
        nodeGap: 14,
        draggable: false,
        emphasis: { focus: "adjacency" },
        lineStyle: { color: "source", opacity: 0.35 },
        data: data.nodes.map(({ id, name, side }) => ({
          name: id,
          itemStyle: { color: look.palette[names.indexOf(name) % look.palette.length], borderWidth: 0 },
          label: { formatter: name, color: look.text, position: side === "left" ? "right" : "left" },
        })),
        links: data.links,
      },
    ],
  };
}
