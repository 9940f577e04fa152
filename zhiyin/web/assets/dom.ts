/** Run `setUp` for each element matching `selector`, now and whenever htmx adds one. */
export function whenAdded<E extends HTMLElement>(selector: string, setUp: (element: E) => void): void {
  const scan = (root: ParentNode) => {
    if (root instanceof HTMLElement && root.matches(selector)) setUp(root as E);
    for (const element of root.querySelectorAll<E>(selector)) setUp(element);
  };
  scan(document);
  document.body.addEventListener("htmx:load", (event) => {
    const added = (event as CustomEvent<{ elt: HTMLElement }>).detail.elt;
    if (added !== document.body) scan(added);
  });
}

/** Whether the person is typing, so that single-key shortcuts must keep quiet. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"))
  );
}

/** The nearest matching ancestor of an event's target. */
export function closest<E extends HTMLElement>(event: Event, selector: string): E | null {
  return event.target instanceof Element ? event.target.closest<E>(selector) : null;
}

/** Text in the reader's language, which the server put on `<body data-text-…>`. */
export function text(key: string): string {
  return document.body.dataset[`text${key[0]?.toUpperCase()}${key.slice(1)}`] ?? key;
}
