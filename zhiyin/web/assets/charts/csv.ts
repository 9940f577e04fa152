/** A table's text as CSV (RFC 4180), with a byte order mark so that Excel reads Chinese. */
export function tableToCsv(table: HTMLTableElement): string {
  const lines = [...table.rows].map((row) => [...row.cells].map((cell) => quote(cellText(cell))).join(","));
  return `\uFEFF${lines.join("\r\n")}\r\n`;
}

const cellText = (cell: HTMLTableCellElement) => cell.dataset.value ?? cell.textContent?.trim() ?? "";

/** Quote where needed, and disarm text that a spreadsheet would run as a formula. */
export function quote(value: string): string {
  const harmless = /^[=+@\t\r]|^-(?![\d.])/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function download(name: string, url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
