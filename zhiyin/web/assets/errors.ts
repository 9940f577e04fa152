/** Put a refusal (`HX-Trigger: {"field-error": {...}}`) beside the field at fault. */
export function startFieldErrors(): void {
  document.body.addEventListener("field-error", (event) => {
    const { field, message } = (event as CustomEvent<{ field: string; message: string }>).detail;
    const source = event.target instanceof Element ? event.target : document.body;
    const form = source.closest("form") ?? document;
    const input = form.querySelector<HTMLElement>(`[name="${CSS.escape(field)}"]`);
    if (input) mark(input, message);
  });
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLElement && event.target.matches("[aria-invalid]")) clear(event.target);
  });
}

function mark(input: HTMLElement, message: string): void {
  clear(input);
  const note = document.createElement("div");
  note.className = "field-error";
  note.id = `error-${input.id || input.getAttribute("name")}`;
  note.textContent = message;
  input.after(note);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", note.id);
  input.classList.add("is-invalid");
  input.focus();
}

function clear(input: HTMLElement): void {
  const note = document.getElementById(input.getAttribute("aria-describedby") ?? "");
  if (note?.classList.contains("field-error")) note.remove();
  input.removeAttribute("aria-invalid");
  input.classList.remove("is-invalid");
}
