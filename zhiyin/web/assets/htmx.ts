import type Htmx from "htmx.org";

/** htmx under a strict Content-Security-Policy, with nothing personal kept in the browser's storage. */
export function configureHtmx(htmx: typeof Htmx): void {
  Object.assign(htmx.config, {
    allowEval: false,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
    historyCacheSize: 0,
    // not "style", which browsers and their extensions put on fields and the policy forbids to copy
    attributesToSettle: ["class", "width", "height"],
    historyRestoreAsHxRequest: false,
    scrollIntoViewOnBoost: false,
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "422", swap: true },
      { code: "[45]..", swap: false, error: true },
    ],
  });
}
