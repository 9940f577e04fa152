import { expect, test } from "vitest";
import { quote, tableToCsv } from "./csv";

test("text with commas, quotes or line breaks is quoted", () => {
  expect(quote("a,b")).toBe('"a,b"');
  expect(quote('say "hi"')).toBe('"say ""hi"""');
  expect(quote("plain")).toBe("plain");
});

test("what a spreadsheet would run as a formula is disarmed, negative numbers are not", () => {
  expect(quote("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)");
  expect(quote("@x")).toBe("'@x");
  expect(quote("-cmd")).toBe("'-cmd");
  expect(quote("-12.5")).toBe("-12.5");
});

test("a table becomes lines, raw values before formatted ones", () => {
  document.body.innerHTML =
    '<table><thead><tr><th>城市</th><th>n</th></tr></thead><tbody><tr><th>杭州</th><td data-value="1234.5">1,234.50</td></tr></tbody></table>';
  const table = document.querySelector("table") as HTMLTableElement;
  expect(tableToCsv(table)).toBe("\uFEFF城市,n\r\n杭州,1234.5\r\n");
});
