import type { Look } from "./options";

/** The page's present colours, resolved: a canvas does not know CSS variables. */
export function look(): Look {
  const probe = document.createElement("i");
  probe.style.transition = "none";
  document.body.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    text: colour("--zy-text"),
    faint: colour("--zy-text-3"),
    line: colour("--zy-line"),
    surface: colour("--zy-raised"),
    font: getComputedStyle(document.body).fontFamily,
    palette: ["--zy-accent", "--zy-info", "--zy-warn", "--zy-bad", "--zy-good", "--zy-text-3"].map(colour),
  };
  probe.remove();
  return found;
}
