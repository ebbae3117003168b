/// <reference lib="dom" />
import type { PageLogLine } from "../wire.ts";
import { byId, h, showList } from "./dom.ts";
import { concerns, type Model } from "./model.ts";
import { clockWithMillis } from "./words.ts";

const shown = 120;
/** Said elsewhere in the row or on the page, or of use only to whoever searches the log itself. */
const told = new Set(
  [
    "at",
    "level",
    "event",
    "customer",
    "sender",
    "function",
    "part",
    "request_id",
    "conversation_id",
    "message_id",
    "message_ids",
  ],
);

/** The functions' own log lines, newest last. Lines about no customer, such as the sweep's, are always shown. */
export function drawLog(model: Model): void {
  const list = byId("log");
  const lines = model.log.filter(({ customer }) => customer === null || concerns(model, customer)).slice(
    -shown,
  );
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  showList(list, lines, { key: ({ id }) => String(id), signature: () => "", build: logRow });
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function logRow({ line }: PageLogLine): HTMLElement {
  const [noun = ""] = line.event.split(".");
  const fields = Object.entries(line).filter(([name, value]) =>
    !told.has(name) && value !== null && value !== undefined
  );
  return h(
    "li",
    { "data-level": line.level, "data-event": line.event, title: JSON.stringify(line) },
    h("time", { datetime: line.at }, clockWithMillis(line.at)),
    h("b", { "data-noun": noun }, line.event),
    h("span", {}, fields.map(([name, value]) => `${name}=${short(value)}`).join("  ")),
  );
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (/^(SM|ME|AC|MG)[0-9a-f]{32}$/.test(text)) return `${text.slice(0, 2)}…${text.slice(-4)}`;
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text)) return text.slice(0, 6);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
