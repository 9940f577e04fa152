import type Htmx from "htmx.org";
import { closest, text } from "./dom";

export interface Toast {
  message: string;
  level?: "success" | "info" | "warning" | "error";
  undo?: string | null;
}

const SHOWN_MS = 6000;
const SHOWN_WITH_UNDO_MS = 12000;

/** Show what the server says (`HX-Trigger: {"toasts": [...]}`, or rendered into `#toasts`). */
export function startToasts(htmx: typeof Htmx): void {
  const area = document.getElementById("toasts");
  if (!area) return;
  for (const toast of area.querySelectorAll<HTMLElement>(".toast")) expire(toast);
  document.addEventListener("click", (event) =>
    closest(event, "[data-toast-close]")?.closest(".toast")?.remove(),
  );
  document.body.addEventListener("toasts", (event) => {
    const { value } = (event as CustomEvent<{ value: Toast[] }>).detail;
    for (const toast of value) show(htmx, area, toast);
  });
  document.body.addEventListener("htmx:sendError", () =>
    show(htmx, area, { message: text("offline"), level: "error" }),
  );
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    if (!xhr.getResponseHeader("HX-Trigger")) show(htmx, area, { message: text("failed"), level: "error" });
  });
}

function show(htmx: typeof Htmx, area: HTMLElement, { message, level = "success", undo }: Toast): void {
  const toast = element("div", `toast is-${level}`);
  if (level === "error") toast.setAttribute("role", "alert");
  const words = element("span", "toast-text");
  words.textContent = message;
  toast.append(words);
  if (undo)
    toast.append(
      button("btn btn-sm", text("undo"), { "hx-post": undo, "hx-swap": "none", "data-toast-close": "" }),
    );
  toast.append(button("bar-button", "×", { "aria-label": text("close"), "data-toast-close": "" }));
  area.append(toast);
  htmx.process(toast);
  expire(toast);
}

function element(tag: string, className: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

function button(className: string, label: string, attributes: Record<string, string>): HTMLElement {
  const made = element("button", className);
  made.textContent = label;
  made.setAttribute("type", "button");
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Remove a toast after a while, but not under the pointer or the focus, and never an error. */
function expire(toast: HTMLElement): void {
  if (toast.classList.contains("is-error")) return;
  const wait = toast.querySelector("[hx-post], form") ? SHOWN_WITH_UNDO_MS : SHOWN_MS;
  setTimeout(() => (toast.matches(":hover, :focus-within") ? expire(toast) : toast.remove()), wait);
}
