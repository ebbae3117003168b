/// <reference lib="dom" />
import type { PageCustomer, PageMessage } from "../wire.ts";
import { byId, h, showList } from "./dom.ts";
import { isComposing, messagesOf, type Model, selectedCustomer } from "./model.ts";
import { tickElement, tickOf } from "./ticks.ts";
import { clock, words } from "./words.ts";

type Row = { kind: "message"; message: PageMessage; first: boolean } | { kind: "day"; day: string } | {
  kind: "typing";
};

/** The open chat. Stays at the newest message unless the reader scrolled up. */
export function drawChat(model: Model): void {
  const customer = selectedCustomer(model);
  if (customer === null) return;
  const chat = byId("chat");
  const switched = chat.dataset.customer !== customer.address;
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  if (switched) chat.replaceChildren();
  chat.dataset.customer = customer.address;

  const typing = isComposing(model, customer.address);
  const presence = byId("presence");
  const says = typing ? words[customer.language].typing : "online";
  if (presence.textContent !== says) presence.textContent = says;
  presence.classList.toggle("typing", typing);

  showList(chat, rowsOf(messagesOf(model, customer.address), typing), {
    key: (row) => row.kind === "message" ? row.message.sid : row.kind === "day" ? row.day : "typing",
    signature: (row) =>
      row.kind === "message" ? JSON.stringify([row, model.taken.has(row.message.sid)]) : row.kind,
    build: (row) => {
      if (row.kind === "typing") return typingBubble(words[customer.language].typing);
      if (row.kind === "day") return h("p", { class: "day" }, dayName(row.day, customer));
      return bubble(row.message, { customer, first: row.first, taken: model.taken.has(row.message.sid) });
    },
  });
  if (switched) { for (const child of chat.children) child.classList.add("again"); }
  if (switched || atEnd) chat.scrollTop = chat.scrollHeight;
}

function rowsOf(messages: PageMessage[], typing: boolean): Row[] {
  const rows: Row[] = [];
  let before: PageMessage | null = null;
  for (const message of messages) {
    const day = new Date(message.at).toDateString();
    const newDay = before === null || new Date(before.at).toDateString() !== day;
    if (newDay) rows.push({ kind: "day", day });
    rows.push({ kind: "message", message, first: newDay || before?.author !== message.author });
    before = message;
  }
  if (typing) rows.push({ kind: "typing" });
  return rows;
}

function bubble(
  message: PageMessage,
  { customer, first, taken }: { customer: PageCustomer; first: boolean; taken: boolean },
): HTMLElement {
  const tick = tickOf(message, taken);
  const detail = message.errorCode === null ? "" : ` (error ${message.errorCode})`;
  const side = message.author === "customer" ? "mine" : "theirs";
  return h(
    "article",
    {
      class: `bubble ${side}${first ? " first" : ""}`,
      "data-sid": message.sid,
      "data-author": message.author,
    },
    ...message.media.map(({ url, contentType }) =>
      contentType.startsWith("image/")
        ? h("img", { class: "photo", src: url, alt: message.body || words[customer.language].photo })
        : h("p", { class: "file" }, `📎 ${contentType}`)
    ),
    message.location && place(message.location, words[customer.language].place),
    message.button && h("span", { class: "quick-reply" }, "↩ quick reply"),
    message.body !== "" && h("p", { class: "body" }, message.body),
    h("footer", {}, h("time", { datetime: message.at }, clock(message.at)), tickElement(tick, detail)),
  );
}

function place(
  { latitude, longitude, label }: { latitude: string; longitude: string; label: string | null },
  name: string,
) {
  return h(
    "div",
    { class: "place" },
    h("div", { class: "map", "aria-hidden": "true" }, h("span", {}, "📍")),
    h("b", {}, label ?? name),
    h("small", {}, `${latitude}, ${longitude}`),
  );
}

function typingBubble(label: string): HTMLElement {
  return h("div", { class: "bubble theirs first dots", "aria-label": label }, h("i"), h("i"), h("i"));
}

function dayName(day: string, { language }: PageCustomer): string {
  if (day === new Date().toDateString()) return words[language].today;
  return new Date(day).toLocaleDateString(language, { day: "numeric", month: "long" });
}
