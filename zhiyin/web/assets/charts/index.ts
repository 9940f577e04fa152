import { whenAdded } from "../dom";

/** Draw each figure of a chart, graph or flow when it comes into view; the chart library loads only then. */
export function startCharts(): void {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        const figure = target as HTMLElement;
        if (figure.dataset.graph) void import("./graph").then(({ drawGraph }) => drawGraph(figure));
        else if (figure.dataset.flow) void import("./flow").then(({ drawFlow }) => drawFlow(figure));
        else void import("./draw").then(({ draw }) => draw(figure));
      }
    },
    { rootMargin: "200px" },
  );
  whenAdded<HTMLElement>("figure[data-chart], figure[data-graph], figure[data-flow]", (figure) =>
    observer.observe(figure),
  );
}
