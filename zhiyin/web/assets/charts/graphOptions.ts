import type { EChartsCoreOption } from "echarts/core";
import type { Look } from "./options";

/** What the server sends for a graph; `zhiyin/web/customers/views/relations.py` is the other side. */
export interface GraphData {
  nodes: { id: string; name: string; kind: string; depth: number; url: string }[];
  edges: { source: string; target: string; label: string }[];
  kinds: Record<string, string>;
}

const SYMBOLS: Record<string, string> = { person: "circle", organisation: "roundRect" };
// up to so many relations are written on their lines, and up to so many have room
const LABELLED = 24;
const CROWDED = 80;

/** ECharts' options for `data`: the middle is fixed and large, a kind is a shape as well as a colour. */
export function graphOptions(data: GraphData, look: Look): EChartsCoreOption {
  const kinds = Object.keys(data.kinds);
  const few = data.edges.length <= LABELLED;
  const spread = few ? 1 : data.edges.length <= CROWDED ? 0.8 : 0.4;
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true },
    color: look.palette,
    textStyle: { fontFamily: look.font, color: look.text },
    legend: { top: 0, data: kinds.map((kind) => data.kinds[kind]), textStyle: { color: look.text } },
    tooltip: {
      renderMode: "richText",
      backgroundColor: look.surface,
      borderColor: look.line,
      textStyle: { color: look.text },
      formatter: ({ data: shown }: { data: { name?: string; label_text?: string } }) =>
        shown.label_text ?? shown.name ?? "",
    },
    series: [
      {
        type: "graph",
        layout: "force",
        roam: true,
        draggable: true,
        top: 36,
        force: { repulsion: 320 * spread, edgeLength: 110 * spread, gravity: 0.1, layoutAnimation: false },
        categories: kinds.map((kind) => ({ name: data.kinds[kind], symbol: SYMBOLS[kind] })),
        edgeSymbol: ["none", "arrow"],
        edgeSymbolSize: 7,
        emphasis: { focus: "adjacency" },
        labelLayout: { hideOverlap: true },
        lineStyle: { color: look.faint, opacity: 0.7 },
        label: { show: true, position: "bottom", color: look.text, width: 120, overflow: "truncate" },
        edgeLabel: { show: few, color: look.faint, fontSize: 11, formatter: "{b}" },
        data: data.nodes.map((node) => ({
          id: node.id,
          name: node.name,
          url: node.url,
          category: kinds.indexOf(node.kind),
          symbol: SYMBOLS[node.kind],
          symbolSize: [34, 22, 16, 12][node.depth] ?? 12,
          cursor: "pointer",
          ...(node.depth === 0 && {
            itemStyle: { borderColor: look.text, borderWidth: 2 },
            label: { fontWeight: 600 },
          }),
        })),
        links: data.edges.map((edge) => ({
          source: edge.source,
          target: edge.target,
          label_text: edge.label,
          label: { formatter: edge.label },
        })),
      },
    ],
  };
}
