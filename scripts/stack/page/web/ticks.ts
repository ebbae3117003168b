/// <reference lib="dom" />
import type { PageMessage } from "../wire.ts";

export type Tick = "clock" | "sent" | "delivered" | "read" | "failed";

const shapes: Record<Tick, string> = {
  clock: `<circle cx="8" cy="5.500" r="4.400"/><path d="M8 3v2.700l1.700 1"/>`,
  sent: `<path d="M4 6l2.800 2.800L12 2.500"/>`,
  delivered: `<path d="M1.500 6l2.800 2.800L9.500 2.500M7 8l.9.800L13.500 2.500"/>`,
  read: `<path d="M1.500 6l2.800 2.800L9.500 2.500M7 8l.9.800L13.500 2.500"/>`,
  failed: `<circle cx="8" cy="5.500" r="4.600"/><path d="M8 3v3M8 7.900v.100"/>`,
};

const meanings: Record<Tick, string> = {
  clock: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  failed: "failed",
};

/**
 * A reply's tick follows Twilio's status. What the customer wrote has one tick while the webhook is under way, two once it was
 * acknowledged, and blue ones when a batch took it in.
 */
export function tickOf(message: PageMessage, taken: boolean): Tick {
  if (message.author === "customer") {
    if (taken) return "read";
    if (message.answered === null) return "sent";
    return message.answered === 200 ? "delivered" : "failed";
  }
  switch (message.status) {
    case "accepted":
    case "scheduled":
    case "queued":
    case "sending":
      return "clock";
    case "sent":
    case "delivered":
    case "read":
      return message.status;
    default:
      return "failed";
  }
}

export function tickElement(tick: Tick, detail = ""): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 15 11");
  svg.setAttribute("class", "tick");
  svg.setAttribute("data-tick", tick);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${meanings[tick]}${detail}`);
  svg.innerHTML = `<title>${meanings[tick]}${detail}</title>${shapes[tick]}`;
  return svg;
}
