import { whenAdded } from "./dom";

/** `form[data-upload]`: drop a file or choose one; it is sent at once, with its progress shown. */
export function startUploads(): void {
  whenAdded<HTMLFormElement>("form[data-upload]", (form) => {
    const input = form.querySelector<HTMLInputElement>("input[type=file]");
    const zone = form.querySelector<HTMLElement>(".dropzone");
    const bar = form.querySelector<HTMLProgressElement>("progress");
    if (!input || !zone) return;
    const over = (on: boolean) => zone.classList.toggle("is-over", on);
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      over(true);
    });
    zone.addEventListener("dragleave", () => over(false));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      if (!event.dataTransfer?.files.length) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    input.addEventListener("change", () => {
      if (!input.files?.length) return;
      const name = form.querySelector("[data-upload-name]");
      if (name) name.textContent = [...input.files].map((file) => file.name).join(", ");
      if (form.dataset.upload !== "manual") form.requestSubmit();
    });
    form.addEventListener("htmx:xhr:progress", (event) => {
      const { loaded, total } = (event as CustomEvent<{ loaded: number; total: number }>).detail;
      if (!bar || !total) return;
      bar.hidden = false;
      bar.max = total;
      bar.value = loaded;
    });
    form.addEventListener("htmx:afterRequest", () => {
      if (bar) bar.hidden = true;
    });
  });
}
