import { setTimeout as pause } from "node:timers/promises";
import type { TwilioStatus } from "functions/_shared/domain/delivery_status.ts";
import { faultOf, type TwilioFault } from "./faults.ts";
import type { SimulatedMessage, WebhookParams } from "./message.ts";
import type { TwilioStore } from "./store.ts";
import { postWebhook } from "./webhook.ts";

export interface CallbackOutcome {
  messageSid: string;
  messageStatus: TwilioStatus;
  httpStatus: number | null;
}

export interface DeliveryOptions {
  store: TwilioStore;
  accountSid: string;
  authToken: string;
  sender: string;
  /** Between one status and the next. */
  statusDelayMs: number;
  signal: AbortSignal;
  onCallback: (outcome: CallbackOutcome) => void;
}

type Step = { status: TwilioStatus; errorCode: number | null };

/** Moves accepted messages to sent, delivered and, where the customer has the chat open, read; and reports each step. */
export function createDelivery(options: DeliveryOptions) {
  const { store, signal } = options;
  const open = new Set<string>();
  const callbacks = new Map<string, Promise<void>>();

  const take = (sid: string, step: Step) => {
    const message = store.find(sid);
    if (message === null) return;
    const firstSent = step.status === "sent" ? { sentAt: new Date().toISOString() } : {};
    const from = message.from ?? options.sender;
    store.change(sid, { ...step, ...firstSent, from });
  };

  /** One callback after the other, as long as nobody asks for disorder. */
  const report = (sid: string, { status, errorCode }: Step) => {
    const earlier = callbacks.get(sid) ?? Promise.resolve();
    const posted = earlier.then(async () => {
      const message = store.find(sid);
      if (message === null || message.statusCallback === null || signal.aborted) return;
      const params = callbackParams({ ...message, status, errorCode }, options.accountSid);
      const request = { url: message.statusCallback, params, authToken: options.authToken };
      const answer = await postWebhook({ ...request, idempotencyToken: crypto.randomUUID() }, signal);
      options.onCallback({ messageSid: sid, messageStatus: status, httpStatus: answer.status });
    });
    callbacks.set(sid, posted);
    return posted;
  };

  const read = async (sid: string) => {
    await pause(options.statusDelayMs, undefined, { signal });
    const message = store.find(sid);
    if (message?.status !== "delivered" || !open.has(message.to)) return;
    take(sid, { status: "read", errorCode: null });
    await report(sid, { status: "read", errorCode: null });
  };

  const progress = async (sid: string, faults: TwilioFault[], started: () => void) => {
    const mode = faultOf(faults, "callbacks")?.mode ?? "in_order";
    const held: Step[] = [];
    for (const [nth, step] of stepsOf(faultOf(faults, "undeliver")).entries()) {
      if (mode !== "before_response" || nth > 0) {
        await pause(options.statusDelayMs, undefined, { signal });
      }
      take(sid, step);
      if (mode === "out_of_order") held.unshift(step);
      else if (mode !== "dropped") await report(sid, step);
      if (mode === "duplicated") await report(sid, step);
      started();
    }
    for (const step of held) await report(sid, step);
    if (mode !== "dropped") await read(sid);
  };

  return {
    /** Resolves once the first step was reported. */
    begin: (sid: string, faults: TwilioFault[] = []): Promise<void> =>
      new Promise((started) => void progress(sid, faults, started).catch(unlessStopped).finally(started)),
    setOpen(customer: string, isOpen: boolean): void {
      if (!isOpen) return void open.delete(customer);
      open.add(customer);
      const unread = store.outbound().filter(({ to, status }) => to === customer && status === "delivered");
      for (const { sid } of unread) read(sid).catch(unlessStopped);
    },
  };
}

/** What becomes of a message, step by step. */
function stepsOf(fault: Extract<TwilioFault, { kind: "undeliver" }> | undefined): Step[] {
  const sent: Step = { status: "sent", errorCode: null };
  if (fault === undefined) return [sent, { status: "delivered", errorCode: null }];
  const { status = "undelivered", code, codeLater = false } = fault;
  return [
    ...(status === "failed" ? [] : [sent]),
    ...(codeLater ? [{ status, errorCode: null }] : []),
    { status, errorCode: code },
  ];
}

function unlessStopped(error: unknown): void {
  if (error instanceof Error && error.name === "AbortError") return;
  throw error;
}

/** As Twilio sends them (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status). */
function callbackParams(message: SimulatedMessage, accountSid: string): WebhookParams {
  const event = {
    delivered: "DELIVERED",
    read: "READ",
    undelivered: "UNDELIVERED",
  }[message.status as string];
  return {
    ChannelPrefix: "whatsapp",
    ApiVersion: "2010-04-01",
    MessageStatus: message.status,
    SmsSid: message.sid,
    SmsStatus: message.status,
    ChannelInstallSid: "XE00000000000000000000000000000001",
    To: message.to,
    From: message.from ?? "",
    MessageSid: message.sid,
    AccountSid: accountSid,
    ChannelToAddress: message.to.replace(/^whatsapp:/, ""),
    ...(event !== undefined && { EventType: event }),
    ...(message.messagingServiceSid !== null && { MessagingServiceSid: message.messagingServiceSid }),
    ...(message.errorCode !== null && {
      ErrorCode: String(message.errorCode),
      ChannelStatusMessage: `Error ${message.errorCode}`,
    }),
  };
}
