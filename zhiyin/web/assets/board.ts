import type Htmx from "htmx.org";
import { closest, whenAdded } from "./dom";

type Fields = Record<string, string>;

/**
 * Cards go from lane to lane by being dragged, by Alt and an arrow key, or by the dialog that their button opens.
 * The server then draws the lanes concerned anew, so a card that may not move is back where it was.
 */
export function startBoard(htmx: typeof Htmx): void {
  let dragging = false;
  let focused = "";
  let chosen: HTMLElement | null = null;
  const waiting = new Set<string>();

  const redraw = (keys: Iterable<string>) => {
    for (const key of keys) waiting.add(key);
    if (dragging) return;
    for (const key of waiting) {
      const lane = laneOf(key);
      if (lane) htmx.trigger(lane, "redraw", {});
    }
    waiting.clear();
  };

  const send = async (card: HTMLElement, from: string, to: string, more: Fields) => {
    const board = document.getElementById("board");
    const address = board?.dataset.moves?.replace(
      "00000000-0000-0000-0000-000000000000",
      card.dataset.card ?? "",
    );
    if (!board || !address) return;
    const values = { ...more, lane: to, by: board.dataset.board ?? "", version: card.dataset.version ?? "" };
    await htmx.ajax("post", address, { values, source: board, swap: "none" });
    redraw([from, to]);
  };

  const move = (card: HTMLElement, from: string, to: string) => {
    if (from === to) return;
    const dialog = document.getElementById(`board-end-${to}`) as HTMLDialogElement | null;
    if (!dialog) {
      void send(card, from, to, {});
      return;
    }
    const form = dialog.querySelector("form");
    dialog.returnValue = "";
    dialog.onclose = () => {
      const given = Object.fromEntries(new FormData(form ?? undefined)) as Fields;
      if (dialog.returnValue === "done") void send(card, from, to, given);
      else redraw([from, to]);
      form?.reset();
    };
    dialog.showModal();
  };

  whenAdded<HTMLElement>("[data-moves] [data-cards]", (cards) => {
    void import("sortablejs").then(({ default: Sortable }) =>
      Sortable.create(cards, {
        group: "board",
        draggable: "[data-card]",
        filter: "[data-card-moves]",
        preventOnFilter: false,
        sort: false,
        delay: 200,
        delayOnTouchOnly: true,
        onStart: () => {
          dragging = true;
        },
        onEnd: ({ item, from, to }) => {
          dragging = false;
          move(item, keyOf(from), keyOf(to));
          redraw([]);
        },
      }),
    );
  });

  document.addEventListener("keydown", (event) => {
    const card = closest<HTMLElement>(event, "[data-moves] [data-card]");
    const lane = card?.closest<HTMLElement>("[data-lane]");
    const to = event.altKey ? beside(lane, event.key)?.dataset.lane : undefined;
    if (!card || !lane || !to) return;
    event.preventDefault();
    focused = card.id;
    move(card, keyOf(card), to);
  });

  document.addEventListener("click", (event) => {
    const opener = closest<HTMLElement>(event, "[data-card-moves]");
    const choice = closest<HTMLElement>(event, "[data-to-lane]");
    const dialog = document.getElementById("board-lanes") as HTMLDialogElement | null;
    if (opener) {
      chosen = opener.closest<HTMLElement>("[data-card]");
      dialog?.showModal();
    } else if (choice && chosen) {
      dialog?.close();
      focused = chosen.id;
      move(chosen, keyOf(chosen), choice.dataset.toLane ?? "");
    }
  });

  document.body.addEventListener("live", (event) => {
    const board =
      event.target instanceof HTMLElement && event.target.matches("[data-board]") ? event.target : null;
    if (!board) return;
    const all = lanes(board).map((lane) => lane.dataset.lane ?? "");
    const said = (event as CustomEvent<{ lanes?: string[] }>).detail.lanes ?? [];
    const known = said.filter((key) => all.includes(key));
    redraw(known.length ? known : all);
  });
  document.body.addEventListener("toasts", (event) => {
    // after an undo that was asked for in a message
    if (event.target instanceof Element && event.target.closest(".toast"))
      redraw(lanes(document).map((lane) => lane.dataset.lane ?? ""));
  });
  document.body.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters } = (event as CustomEvent<{ elt: Element; parameters: Fields }>).detail;
    if (elt.matches("[data-lane]")) parameters.shown = String(elt.querySelectorAll("[data-card]").length);
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    const link = focused ? document.querySelector<HTMLElement>(`#${CSS.escape(focused)} a`) : null;
    if (link && document.activeElement === document.body) link.focus();
  });
}

const laneOf = (key: string) => document.querySelector<HTMLElement>(`[data-lane="${CSS.escape(key)}"]`);
const keyOf = (inside: HTMLElement) => inside.closest<HTMLElement>("[data-lane]")?.dataset.lane ?? "";
const lanes = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>("[data-lane]")];

/** The lane to the left or the right, as the arrow key says. */
function beside(lane: HTMLElement | null | undefined, key: string): HTMLElement | undefined {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (!lane || !step) return undefined;
  const all = lanes(document);
  return all[all.indexOf(lane) + step];
}
