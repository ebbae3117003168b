/// <reference lib="dom" />
import { byId, h, showList } from "./dom.ts";
import { isComposing, messagesOf, type Model } from "./model.ts";
import { clock, initials, preview, words } from "./words.ts";

const hues = [158, 268, 22, 205, 335, 48];

/** The customers to switch between, with their latest message and what they have not read yet. */
export function drawCustomers(model: Model, select: (address: string) => void): void {
  const rows = model.customers.map((customer, index) => {
    const messages = messagesOf(model, customer.address);
    const last = messages.at(-1) ?? null;
    const unread = messages.filter(({ author, status }) =>
      author === "business" && status === "delivered"
    ).length;
    const selected = customer.address === model.selected;
    const typing = isComposing(model, customer.address);
    return {
      customer,
      last,
      unread: selected ? 0 : unread,
      selected,
      typing,
      hue: hues[index % hues.length],
    };
  });
  showList(byId("customers"), rows, {
    key: ({ customer }) => customer.address,
    signature: (row) => JSON.stringify(row),
    build: ({ customer, last, unread, selected, typing, hue }) => {
      const line = typing ? h("span", { class: "preview typing" }, words[customer.language].typing) : h(
        "span",
        { class: "preview" },
        last ? preview(last, customer.language) : customer.address.replace("whatsapp:", ""),
      );
      const button = h(
        "button",
        { type: "button", class: "customer", ...(selected && { "aria-current": "true" }) },
        h(
          "span",
          { class: "avatar", style: `--hue: ${hue}`, "aria-hidden": "true" },
          initials(customer.name),
        ),
        h("span", { class: "who" }, h("b", {}, customer.name), line),
        h(
          "span",
          { class: "aside" },
          last && h("time", { datetime: last.at }, clock(last.at)),
          unread > 0 && h("span", { class: "unread", "aria-label": `${unread} unread` }, String(unread)),
        ),
      );
      button.addEventListener("click", () => select(customer.address));
      return h("li", {}, button);
    },
  });
}
