import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { divisions } from "./zhiyin/web/assets/divisions/plugin";

const assets = resolve(import.meta.dirname, "zhiyin/web/assets");
const tabler = resolve(import.meta.dirname, "node_modules/@tabler/icons/icons");

/** brand.svg, and one sprite of the icons named in icons.json; "name-filled" takes the filled drawing. */
function pictures(): Plugin {
  const list = resolve(assets, "icons.json");
  return {
    name: "pictures",
    buildStart() {
      this.addWatchFile(list);
    },
    generateBundle() {
      const brand = readFileSync(resolve(assets, "brand.svg"));
      this.emitFile({ type: "asset", name: "brand.svg", originalFileName: "brand.svg", source: brand });
      const names: string[] = JSON.parse(readFileSync(list, "utf8"));
      this.emitFile({
        type: "asset",
        name: "icons.svg",
        originalFileName: "icons.svg",
        source: `<svg xmlns="http://www.w3.org/2000/svg">${names.map(symbol).join("")}</svg>`,
      });
    },
  };
}

function symbol(name: string): string {
  const filled = name.endsWith("-filled");
  const file = filled ? `filled/${name.slice(0, -"-filled".length)}.svg` : `outline/${name}.svg`;
  const svg = readFileSync(resolve(tabler, file), "utf8");
  const body = svg
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" \/>/, "")
    .replace(/\s+/g, " ")
    .trim();
  const paint = filled ? ' fill="currentColor" stroke="none"' : "";
  return `<symbol id="${name}" viewBox="0 0 24 24"${paint}>${body}</symbol>`;
}

export default defineConfig({
  root: assets,
  base: "./",
  publicDir: false,
  plugins: [pictures(), divisions()],
  build: {
    outDir: resolve(import.meta.dirname, "zhiyin/web/static/zhiyin"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: { input: { main: resolve(assets, "main.ts") } },
  },
  test: { root: assets, environment: "jsdom" },
});
