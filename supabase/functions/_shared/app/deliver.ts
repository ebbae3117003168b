import { twilioError } from "../domain/twilio_errors.ts";
import type { Clock } from "../runtime/clock.ts";
import { unexpected } from "../runtime/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import { templateVariable } from "../domain/template_text.ts";
import type { Holder } from "./ports/batch_locks.ts";
import type { MessagingApi, SendResult } from "./ports/messaging.ts";
import type { NextSend, Outbox, Send, SendEvidence } from "./ports/outbox.ts";
import { findAtTwilio } from "./settle.ts";

export interface DeliveryDeps {
  outbox: Outbox;
  messaging: MessagingApi;
  clock: Clock;
  /** Where Twilio reports on an outbound row. */
  statusCallback: (messageId: string) => string;
}

/** What the database said comes next, and when, by the worker's monotonic clock, it was asked. */
export interface Told {
  next: NextSend;
  askedAt: number;
}

/** `blocked`: nothing may be done for another `waitMs`. `stopped`: the holder is to end; nothing more was begun. */
export type Drained =
  | { outcome: "clear" }
  | { outcome: "lost" | "stopped" }
  | { outcome: "blocked"; waitMs: number };

export interface Delivery {
  /** Posts and settles what is unfinished, from what was told on, until nothing is left or something has to wait. */
  drain(told: Told): Promise<Drained>;
}

/** A POST starts within this time of asking for it, by the monotonic clock, or not at all: the database's grace counts on it. */
const startWithinMs = 5_000;
const postTimeoutMs = 10_000;

/** Once `held.stop` has aborted nothing is posted and nothing looked up; what was begun is put back. */
export function createDelivery(
  held: { holder: Holder; log: Logger; stop: AbortSignal },
  deps: DeliveryDeps,
): Delivery {
  const { holder, log, stop } = held;

  /** Asks the database, and notes when it was asked. */
  async function ask(question: () => Promise<NextSend>): Promise<Told> {
    const askedAt = deps.clock.now();
    return { next: await question(), askedAt };
  }

  async function step({ next, askedAt }: Told): Promise<Told | Drained> {
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
        return stop.aborted ? { outcome: "stopped" } : await settle(next.send);
      case "begun":
        return await post(next.send, askedAt);
      default:
        return unexpected("begin_send", next);
    }
  }

  async function post(send: Send, askedAt: number): Promise<Told> {
    log.info("send.begun", { message_id: send.messageId, attempt: send.attempt });
    const result = await deps.messaging.createMessage({
      accountSid: send.accountSid,
      from: send.from,
      to: send.to,
      messagingServiceSid: send.messagingServiceSid,
      content: send.contentSid
        ? { contentSid: send.contentSid, contentVariables: { "1": templateVariable(send.body) } }
        : { body: send.body },
      statusCallback: deps.statusCallback(send.messageId),
    }, {
      timeoutMs: postTimeoutMs,
      mayStart: () => !stop.aborted && deps.clock.now() - askedAt < startWithinMs,
    });
    logResult(send, result);
    return await record(send, result);
  }

  async function settle(send: Send): Promise<Told> {
    const found = await findAtTwilio(send, deps);
    if (found === "unavailable") {
      log.warn("send.unsettled", { message_id: send.messageId, attempt: send.attempt });
      return await record(send, { kind: "unsettled", retryAfterMs: null });
    }
    log.warn("send.settled", { message_id: send.messageId, attempt: send.attempt, found: found !== null });
    if (found) return await record(send, { kind: "found", ...found });
    return await ask(() => deps.outbox.begin(holder, send));
  }

  function record(send: Send, evidence: SendEvidence): Promise<Told> {
    return ask(async () => {
      const { recorded, next } = await deps.outbox.record(holder, { send, evidence });
      const fields = { message_id: send.messageId, attempt: send.attempt };
      if (recorded === "second_sid") log.error("send.doubled", fields);
      // What a listing matched was another message, or this one went out twice: the callback of the first will tell.
      if (recorded === "overruled") log.warn("send.match_overruled", fields);
      return next;
    });
  }

  function logResult(send: Send, result: SendResult): void {
    const { kind, ...fields } = result;
    const error = "errorCode" in result ? twilioError(result.errorCode) : null;
    // A refusal that is in no table of ours is one for people to look at.
    const level = kind === "accepted" ? "info" : kind === "failed" && !error?.effect ? "error" : "warn";
    log[level](`send.${kind}`, {
      message_id: send.messageId,
      attempt: send.attempt,
      ...(kind === "accepted" ? { message_sid: result.messageSid, status: result.status } : fields),
      ...("errorCode" in result && { error }),
    });
  }

  return {
    drain: async (told) => {
      let at: Told | Drained = told;
      while ("next" in at) at = await step(at);
      return at;
    },
  };
}
