import type Htmx from "htmx.org";

const RETRY_MS = [1000, 2000, 5000, 10000, 30000];
const POLL_MS = 3000;

/** What `realtime.notify` sends. */
interface Message {
  topic: string;
  data: Record<string, unknown>;
}

/**
 * One stream of server-sent events for all `[data-sse-topic]` on the page. Each message becomes a `live` event on
 * its elements (use `hx-trigger="live"`). While there is no stream, the same event comes every few seconds instead.
 */
export function startLive(htmx: typeof Htmx): void {
  let source: EventSource | null = null;
  let wanted = "";
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const connect = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
    if (!wanted) return;
    const stream = new EventSource(`${document.body.dataset.events ?? "/events/"}?topics=${wanted}`);
    source = stream;
    stream.onopen = () => {
      failures = 0;
    };
    stream.onmessage = (event) => deliver(htmx, parse(event.data));
    stream.onerror = () => {
      stream.close();
      retry = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    };
  };
  const refresh = () => {
    const topics = topicsOnPage();
    if (topics === wanted) return;
    wanted = topics;
    failures = 0;
    connect();
  };

  setInterval(() => {
    if (wanted && source?.readyState !== EventSource.OPEN && !document.hidden)
      for (const element of elements()) htmx.trigger(element, "live", {});
  }, POLL_MS);
  document.body.addEventListener("htmx:afterSettle", refresh);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && connect());
  refresh();
}

const elements = () => document.querySelectorAll<HTMLElement>("[data-sse-topic]");

function topicsOnPage(): string {
  const topics = new Set([...elements()].map((element) => element.dataset.sseTopic ?? ""));
  return [...topics].filter(Boolean).sort().map(encodeURIComponent).join(",");
}

function parse(data: string): Message | null {
  const message: unknown = JSON.parse(data);
  const complete = typeof message === "object" && message !== null && "topic" in message && "data" in message;
  return complete ? (message as Message) : null;
}

function deliver(htmx: typeof Htmx, message: Message | null): void {
  if (!message) return;
  for (const element of elements())
    if (element.dataset.sseTopic === message.topic) {
      advance(element, message.data);
      htmx.trigger(element, "live", message.data);
    }
}

/** Move a progress bar straight from the message, without asking the server. */
function advance(element: HTMLElement, { done, total }: Message["data"]): void {
  const bar = element.querySelector("progress");
  if (!bar || typeof done !== "number" || typeof total !== "number" || total <= 0) return;
  bar.max = total;
  bar.value = done;
}
