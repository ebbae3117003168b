import type { Clock } from "../runtime/clock.ts";
import { twilioError } from "../domain/twilio_errors.ts";
import type { Logger } from "../runtime/logger.ts";
import type { MessagingApi, SendResult } from "./ports.ts";
import { findAtTwilio } from "./settle.ts";
import type { Holder, NextSend, Outbox, Send } from "./store.ts";

export interface DeliveryDeps {
  outbox: Outbox;
  messaging: MessagingApi;
  clock: Clock;
  /** Where Twilio reports on an outbound row. */
  statusCallback: (messageId: string) => string;
}

export type Drained = { outcome: "clear" | "lost" } | { outcome: "blocked"; waitMs: number };

export interface Delivery {
  /** Posts and settles what is unfinished, oldest first, until nothing is left or something has to wait. */
  drain(): Promise<Drained>;
  /** Goes on from a send that another call has begun, asked for at `askedAt`. */
  resume(next: NextSend, askedAt: number): void;
}

/** A POST starts within this time of asking for it, by the monotonic clock, or not at all: the database's grace counts on it. */
const startWithinMs = 5_000;
const postTimeoutMs = 10_000;
const settleAgainInMs = 10_000;

export function createDelivery(holder: Holder, log: Logger, deps: DeliveryDeps): Delivery {
  let begun: { next: NextSend; askedAt: number } | null = null;

  async function step(
    next: NextSend,
    askedAt: number,
  ): Promise<{ next: NextSend; askedAt: number } | Drained> {
    for (const { messageId, reason } of next.canceled) {
      log.info("send.canceled", { message_id: messageId, reason });
    }
    switch (next.outcome) {
      case "none":
        return { outcome: "clear" };
      case "lost":
        return { outcome: "lost" };
      case "in_grace":
      case "postponed":
        return { outcome: "blocked", waitMs: next.waitMs };
      case "settle":
        return await settle(next.send);
      case "begun":
        return await post(next.send, askedAt);
    }
  }

  async function post(send: Send, askedAt: number) {
    log.info("send.begun", { message_id: send.messageId, attempt: send.attempt });
    const result = await deps.messaging.createMessage({
      accountSid: send.accountSid,
      from: send.from,
      to: send.to,
      messagingServiceSid: send.messagingServiceSid,
      content: send.contentSid
        ? { contentSid: send.contentSid, contentVariables: { "1": send.body } }
        : { body: send.body },
      statusCallback: deps.statusCallback(send.messageId),
    }, { timeoutMs: postTimeoutMs, mayStart: () => deps.clock.now() - askedAt < startWithinMs });
    logResult(send, result);
    return await record(send, result);
  }

  async function settle(send: Send) {
    const found = await findAtTwilio(send, deps);
    if (found === "unavailable") {
      log.warn("send.unsettled", { message_id: send.messageId });
      return { outcome: "blocked" as const, waitMs: settleAgainInMs };
    }
    log.warn("send.settled", { message_id: send.messageId, attempt: send.attempt, found: found !== null });
    if (found) return await record(send, { kind: "found", ...found });
    const askedAt = deps.clock.now();
    return { next: await deps.outbox.begin(holder, send), askedAt };
  }

  async function record(send: Send, evidence: Parameters<Outbox["record"]>[2]) {
    const askedAt = deps.clock.now();
    const { recorded, next } = await deps.outbox.record(holder, send, evidence);
    if (recorded === "second_sid") {
      log.error("send.doubled", { message_id: send.messageId, attempt: send.attempt });
    }
    return { next, askedAt };
  }

  function logResult(send: Send, result: SendResult) {
    const { kind, ...fields } = result;
    const level = kind === "accepted" ? "info" : "warn";
    log[level](`send.${kind}`, {
      message_id: send.messageId,
      attempt: send.attempt,
      ...(kind === "accepted" ? { message_sid: result.messageSid, status: result.status } : fields),
      ...("errorCode" in result && { error: twilioError(result.errorCode) }),
    });
  }

  return {
    resume: (next, askedAt) => {
      begun = { next, askedAt };
    },
    drain: async () => {
      const askedAt = deps.clock.now();
      let at: { next: NextSend; askedAt: number } | Drained = begun ??
        { next: await deps.outbox.begin(holder), askedAt };
      begun = null;
      while ("next" in at) at = await step(at.next, at.askedAt);
      return at;
    },
  };
}
