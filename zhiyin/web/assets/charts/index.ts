import { whenAdded } from "../dom";

/** Draw each `figure[data-chart]` when it comes into view; the chart library loads only then. */
export function startCharts(): void {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        void import("./draw").then(({ draw }) => draw(target as HTMLElement));
      }
    },
    { rootMargin: "200px" },
  );
  whenAdded<HTMLElement>("figure[data-chart]", (figure) => observer.observe(figure));
}
