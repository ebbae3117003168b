import { Arrivals, type WaitOptions } from "../events/arrivals.ts";
import { type HttpAnswer, type HttpRequest, serveHttp } from "../http/http_server.ts";
import { type CallbackOutcome, createDelivery } from "./delivery.ts";
import { FaultQueue, type FaultTarget, type TwilioFault } from "./faults.ts";
import { type InboundMessage, inboundMessage } from "./inbound.ts";
import { openMessageLog, readMessageLog } from "./log_file.ts";
import type { SimulatedMessage, WebhookParams } from "./message.ts";
import { answerRest } from "./rest.ts";
import { TwilioStore } from "./store.ts";
import { postWebhook, type WebhookAnswer } from "./webhook.ts";

export interface TwilioSimulatorOptions {
  /** A free one unless told. */
  port?: number;
  accountSid: string;
  authToken: string;
  /** Our WhatsApp address. */
  sender: string;
  /** The account's Messaging Services, each with the sender in its pool; any well-formed one unless told. */
  messagingServiceSids?: string[];
  /** Where inbound messages go, with connection overrides in the fragment if wanted. */
  webhookUrl: string;
  onEvent?: (event: TwilioEvent) => void;
  /** Between one delivery status and the next, 250 ms unless told. */
  statusDelayMs?: number;
  /** Every change is appended here, and read back at the next start. */
  logFile?: string;
}

export type DeliveredWebhook = WebhookAnswer & { messageSid: string };

export type LoggedRequest = {
  at: string;
  method: string;
  path: string;
  query: Record<string, string>;
  form: Record<string, string>;
  answer: number | "reset" | "hang";
};

export type TwilioEvent =
  | { kind: "message"; message: SimulatedMessage }
  | {
    kind: "webhook";
    from: string;
    messageSid: string;
    status: number | null;
    attempts: number;
    tookMs: number;
  }
  | { kind: "callback" } & CallbackOutcome
  | { kind: "request"; request: LoggedRequest };

export interface TwilioSimulator {
  /** Base of the REST API, for `TWILIO_API_BASE_URL`. */
  url: string;
  /** A customer writes: posts the signed webhook and resolves with its answer. Never throws for a bad answer. */
  send(message: InboundMessage): Promise<DeliveredWebhook>;
  /** Posts these very parameters, all times at once. */
  deliver(params: WebhookParams, options?: { times?: number }): Promise<DeliveredWebhook[]>;
  /** The parameters of an earlier inbound message, for `deliver`. */
  paramsOf(messageSid: string): WebhookParams | null;
  /** Lets the next fitting calls fail in this way, or in several at once; so many of them, or for a while. */
  inject(fault: TwilioFault | TwilioFault[], target?: FaultTarget): void;
  clearFaults(): void;
  /** With the chat open, delivered messages become read. */
  setChatOpen(customer: string, open: boolean): void;
  /** Outbound messages in the order of acceptance, in their latest state. */
  messages(): SimulatedMessage[];
  /** Messages of both directions in their order. */
  history(): SimulatedMessage[];
  requests(): LoggedRequest[];
  /** All accepted messages once there are so many, or the first that satisfies the predicate. */
  accepted(count: number, options?: WaitOptions): Promise<SimulatedMessage[]>;
  accepted(
    predicate: (message: SimulatedMessage) => boolean,
    options?: WaitOptions,
  ): Promise<SimulatedMessage[]>;
  /** The first message of either direction that is, or comes to be, in such a state. */
  reached(
    predicate: (message: SimulatedMessage) => boolean,
    options?: WaitOptions,
  ): Promise<SimulatedMessage>;
  subscribe(listener: (event: TwilioEvent) => void): () => void;
  stop(): Promise<void>;
}

/** Twilio on 127.0.0.1: its REST API for messages, its webhooks and status callbacks, and its ways to fail. */
export async function startTwilioSimulator(options: TwilioSimulatorOptions): Promise<TwilioSimulator> {
  const { accountSid, authToken, sender, webhookUrl, statusDelayMs = 250, logFile } = options;
  const messagingServiceSids = options.messagingServiceSids ?? null;
  const past = logFile === undefined ? [] : readMessageLog(logFile);
  const log = logFile === undefined ? null : openMessageLog(logFile);
  const store = new TwilioStore(past, log);
  const faults = new FaultQueue();
  const requests = new Arrivals<LoggedRequest>("request");
  const events = new Arrivals<TwilioEvent>("event", { limit: 1 });
  const stopping = new AbortController();
  const { signal } = stopping;
  if (options.onEvent) events.subscribe(options.onEvent);
  store.changes.subscribe((message) => events.add({ kind: "message", message }));
  const delivery = createDelivery({
    store,
    accountSid,
    authToken,
    sender,
    statusDelayMs,
    signal,
    onCallback: (outcome) => events.add({ kind: "callback", ...outcome }),
  });
  const context = { accountSid, authToken, sender, messagingServiceSids, store, faults, delivery };

  const server = await serveHttp(options.port ?? 0, async (request) => {
    const answer = await answerRest(request, context);
    const logged = loggedRequest(request, answer);
    requests.add(logged);
    events.add({ kind: "request", request: logged });
    return answer;
  });
  for (const { sid, status } of store.outbound()) {
    if (["accepted", "queued", "sent"].includes(status)) void delivery.begin(sid);
  }

  const post = async (params: WebhookParams, idempotencyToken: string): Promise<DeliveredWebhook> => {
    const started = performance.now();
    const messageSid = String(params.MessageSid);
    const answer = await postWebhook({ url: webhookUrl, params, authToken, idempotencyToken }, signal);
    const tookMs = Math.round(performance.now() - started);
    const { status, attempts } = answer;
    const webhook = store.find(messageSid)?.webhook;
    if (webhook && webhook.answered !== 200) {
      store.change(messageSid, { webhook: { ...webhook, answered: status ?? "failed" } });
    }
    events.add({ kind: "webhook", from: String(params.From), messageSid, status, attempts, tookMs });
    return { ...answer, messageSid };
  };

  return {
    url: server.url,
    send(inbound) {
      const message = inboundMessage(inbound, { accountSid, sender, apiUrl: server.url });
      store.add(message);
      const { params = {}, idempotencyToken = crypto.randomUUID() } = message.webhook ?? {};
      return post(params, idempotencyToken);
    },
    deliver(params, { times = 1 } = {}) {
      const token = store.find(String(params.MessageSid))?.webhook?.idempotencyToken ?? crypto.randomUUID();
      return Promise.all(Array.from({ length: times }, () => post(params, token)));
    },
    paramsOf: (messageSid) => store.find(messageSid)?.webhook?.params ?? null,
    inject: (fault, target) => faults.add(fault, target),
    clearFaults: () => faults.clear(),
    setChatOpen: (customer, open) => delivery.setOpen(customer, open),
    messages: () => store.outbound(),
    history: () => store.all(),
    requests: () => requests.all(),
    async accepted(wanted: number | ((message: SimulatedMessage) => boolean), wait?: WaitOptions) {
      return typeof wanted === "number"
        ? await store.accepted.reached(wanted, wait)
        : [await store.accepted.first(wanted, wait)];
    },
    async reached(predicate, wait) {
      return store.all().find(predicate) ?? await store.changes.first(predicate, wait);
    },
    subscribe: (listener) => events.subscribe(listener),
    async stop() {
      stopping.abort();
      await server.stop();
      log?.[Symbol.dispose]();
    },
  };
}

function loggedRequest({ method, url, body }: HttpRequest, answer: HttpAnswer): LoggedRequest {
  return {
    at: new Date().toISOString(),
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    form: Object.fromEntries(new URLSearchParams(body)),
    answer: answer.kind === "answer" ? answer.status : answer.kind,
  };
}
