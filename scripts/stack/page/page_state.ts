import type { SimulatedMessage } from "../twilio/message.ts";
import type { TwilioSimulator } from "../twilio/simulator.ts";
import { createAttribution } from "./attribution.ts";
import { demoCustomers } from "./customers.ts";
import type { StackEvent, StackEvents } from "../events/stack_events.ts";
import type { PageCustomer, PageLogLine, PageMessage, PageUpdate } from "./wire.ts";

/** What the page shows, gathered from the simulator and the functions' log, and each change as it happens. */
export function createPageState(
  { simulator, events, onUpdate }: {
    simulator: TwilioSimulator | null;
    events: StackEvents;
    onUpdate: (update: PageUpdate) => void;
  },
) {
  const customers = new Map<string, PageCustomer>();
  const customerOfMessage = new Map<string, string>();
  const attribution = createAttribution((sid) => customerOfMessage.get(sid) ?? null);
  let lines = 0;

  const meet = (customer: PageCustomer) => {
    if (customers.has(customer.address)) return;
    customers.set(customer.address, customer);
    attribution.know(customer.address);
    onUpdate({ kind: "customer", customer });
  };
  const seen = (message: SimulatedMessage): PageMessage => {
    const shown = pageMessage(message);
    customerOfMessage.set(message.sid, shown.customer);
    const profileName = message.webhook?.params.ProfileName;
    const name = typeof profileName === "string" ? profileName : shown.customer.replace("whatsapp:", "");
    meet({ address: shown.customer, name, language: "en" });
    return shown;
  };
  const logLine = (line: StackEvent): PageLogLine => ({
    id: ++lines,
    customer: attribution.customerOf(line),
    line,
  });

  for (const customer of demoCustomers) meet(customer);
  const past = simulator?.history() ?? [];
  past.forEach(seen);
  const log = events.recent().filter(worthShowing).map(logLine);

  const unsubscribe = [
    events.subscribe((event) => {
      if (!worthShowing(event)) return;
      const line = logLine(event);
      log.push(line);
      if (log.length > 500) log.shift();
      onUpdate({ kind: "log", line });
    }),
    simulator?.subscribe((event) => {
      if (event.kind === "message") onUpdate({ kind: "message", message: seen(event.message) });
      if (event.kind !== "webhook") return;
      const { messageSid, status, tookMs } = event;
      onUpdate({ kind: "webhook", customer: event.from, messageSid, status, tookMs });
    }),
  ];

  return {
    customers: () => [...customers.values()],
    find: (address: string) => customers.get(address) ?? null,
    messages: () => (simulator?.history() ?? []).map(pageMessage),
    log: () => log,
    stop: () => unsubscribe.forEach((end) => end?.()),
  };
}

const worthShowing = ({ level }: StackEvent) => level !== "debug";

function pageMessage(message: SimulatedMessage): PageMessage {
  const { sid, body, status, errorCode } = message;
  const inbound = message.direction === "inbound";
  const params = message.webhook?.params ?? {};
  const { Latitude: latitude, Longitude: longitude, Label: label } = params;
  return {
    sid,
    body,
    status,
    errorCode,
    customer: (inbound ? message.from : message.to) ?? "",
    author: inbound ? "customer" : "business",
    at: message.createdAt,
    answered: message.webhook?.answered ?? null,
    media: message.media.map((media) => ({
      contentType: media.contentType,
      url: media.base64 === null ? media.url : `/media/${sid}/${media.sid}`,
    })),
    location: typeof latitude === "string" && typeof longitude === "string"
      ? { latitude, longitude, label: typeof label === "string" ? label : null }
      : null,
    button: params.ButtonPayload !== undefined,
  };
}
