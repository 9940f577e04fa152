import type { EChartsCoreOption } from "echarts/core";

/** What the server sends for a chart; `zhiyin/web/charts.py` is the other side. */
export interface ChartData {
  key: string;
  kind: "line" | "bar" | "area" | "scatter";
  title: string;
  x_label: string;
  y_label: string;
  categories: string[];
  series: SeriesData[];
  format: "number" | "integer" | "percent" | "money";
  currency: string;
  stacked: boolean;
  horizontal: boolean;
}

export interface SeriesData {
  name: string;
  values: (number | null)[] | [number, number][];
  kind: ChartData["kind"] | null;
  low: number[] | null;
  high: number[] | null;
  dashed: boolean;
}

export interface Look {
  text: string;
  faint: string;
  line: string;
  surface: string;
  font: string;
  palette: string[];
}

/** ECharts' options for `data`. Tooltips are drawn on the canvas because HTML ones need inline style. */
export function chartOptions(data: ChartData, look: Look, locale: string): EChartsCoreOption {
  const format = formatter(data, locale);
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const points = data.kind === "scatter";
  const valueAxis = {
    type: "value",
    name: data.horizontal ? data.x_label : data.y_label,
    nameTextStyle: { color: look.faint, align: data.horizontal ? "right" : "left" },
    nameLocation: "end",
    axisLabel: { color: look.faint, formatter: (value: number) => format(value) },
    splitLine: { lineStyle: { color: look.line } },
  };
  const categoryAxis = {
    type: points ? "value" : "category",
    name: data.horizontal ? data.y_label : data.x_label,
    nameLocation: data.horizontal ? "end" : "middle",
    nameGap: data.horizontal ? 12 : 30,
    nameTextStyle: { color: look.faint },
    ...(points ? { scale: true } : { data: data.categories, inverse: data.horizontal }),
    axisLabel: {
      color: look.faint,
      hideOverlap: true,
      ...(points && { formatter: (value: number) => plain.format(value) }),
    },
    axisLine: { lineStyle: { color: look.line } },
    axisTick: { show: false },
    splitLine: { show: false },
  };
  const named = data.series.filter((series) => series.name);
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 250,
    aria: { enabled: true, decal: { show: data.series.length > 2 && data.kind === "bar" } },
    color: look.palette,
    textStyle: { fontFamily: look.font, color: look.text },
    grid: {
      left: 4,
      right: 16,
      top: named.length > 1 ? 58 : 32,
      bottom: data.x_label ? 26 : 4,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    legend:
      named.length > 1
        ? {
            top: 0,
            left: 0,
            icon: "roundRect",
            itemWidth: 14,
            itemHeight: 4,
            textStyle: { color: look.text },
            data: named.map(({ name }) => name),
          }
        : undefined,
    tooltip: {
      trigger: points ? "item" : "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: look.surface,
      borderColor: look.line,
      textStyle: { color: look.text, fontFamily: look.font, fontSize: 13 },
      valueFormatter: (value: unknown) => (typeof value === "number" ? format(value) : String(value ?? "–")),
    },
    xAxis: data.horizontal ? valueAxis : categoryAxis,
    yAxis: data.horizontal ? categoryAxis : valueAxis,
    series: data.series.flatMap((series, index) => seriesOptions(series, index, data, look)),
  };
}

function seriesOptions(series: SeriesData, index: number, data: ChartData, look: Look): object[] {
  const kind = series.kind ?? data.kind;
  const colour = look.palette[index % look.palette.length];
  const drawn = {
    name: series.name,
    type: kind === "area" ? "line" : kind,
    data: series.values,
    stack: data.stacked ? "all" : undefined,
    itemStyle: {
      color: colour,
      borderRadius: kind === "bar" && !data.stacked ? (data.horizontal ? [0, 3, 3, 0] : [3, 3, 0, 0]) : 0,
    },
    lineStyle: { width: 2, type: series.dashed ? "dashed" : "solid" },
    areaStyle: kind === "area" ? { opacity: 0.14 } : undefined,
    barMaxWidth: 34,
    showSymbol: series.values.length < 2 || kind === "scatter",
    symbolSize: kind === "scatter" ? 6 : 5,
    emphasis: { focus: data.series.length > 1 ? "series" : "none" },
  };
  return series.low && series.high
    ? [...band(series.low, series.high, `band-${index}`, colour), drawn]
    : [drawn];
}

/** An interval as a shaded band: an invisible base, and the width stacked on it. */
function band(low: number[], high: number[], stack: string, colour: string | undefined): object[] {
  const shared = {
    type: "line",
    stack,
    silent: true,
    symbol: "none",
    lineStyle: { opacity: 0 },
    tooltip: { show: false },
  };
  const widths = high.map((value, index) => value - (low[index] ?? 0));
  return [
    { ...shared, data: low },
    { ...shared, data: widths, areaStyle: { color: colour, opacity: 0.16 } },
  ];
}

/** How values read: compact numbers on the axes' scale, in the reader's locale. */
export function formatter(
  { format, currency }: Pick<ChartData, "format" | "currency">,
  locale: string,
): (value: number) => string {
  const options: Intl.NumberFormatOptions = { maximumFractionDigits: format === "integer" ? 0 : 2 };
  if (format === "percent") Object.assign(options, { style: "percent", maximumFractionDigits: 1 });
  if (format === "money" && currency)
    Object.assign(options, {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: 0,
    });
  const small = new Intl.NumberFormat(locale, options);
  // of 15,000 a whole number of 万 would say 20,000
  const large = new Intl.NumberFormat(locale, {
    ...options,
    notation: "compact",
    maximumFractionDigits: 2,
  });
  return (value) => (Math.abs(value) >= 10_000 ? large : small).format(value);
}
