import { z } from "zod";
import type { SendResult } from "../app/ports/messaging.ts";
import { isTwilioStatus, type TwilioStatus } from "../domain/delivery_status.ts";
import { retryAfterMs } from "../domain/retry_after.ts";
import { twilioError } from "../domain/twilio_errors.ts";
import type { ConnectionFault, Exchange } from "./exchange.ts";

/** What the caller may do at once; its own back-off grows from here. */
const rateLimitedMs = 1_000;
/** Credentials, sender or account are ours to repair: the message waits for it, as long as the 24 h window lasts. */
const configurationMs = 60_000;
export const unreachableMs = 2_000;

const createdMessage = z.object({ sid: z.string().min(1).max(64), status: z.unknown() });
const rejection = z.object({ code: z.number().int().nullish(), message: z.string().nullish() });

/** Whether Twilio took the message. Everything that does not prove the contrary is unknown. */
export function classifySend(exchange: Exchange, now: Date): SendResult {
  if (exchange.kind === "unanswered") return classifyFault(exchange.fault, null, exchange.detail);
  const { status, text } = exchange;

  if (status >= 200 && status < 300) {
    if (text === null) return classifyFault(exchange.fault, status, exchange.detail);
    const created = createdMessage.safeParse(jsonOf(text));
    if (!created.success) return unknown("malformed_answer", status, `HTTP ${status} without a message SID`);
    return { kind: "accepted", messageSid: created.data.sid, status: knownStatus(created.data.status) };
  }

  const { code, message } = rejection.safeParse(jsonOf(text)).data ?? {};
  const errorCode = code ?? null;
  const detail = message || `HTTP ${status}`;
  if (status === 429) {
    const wait = retryAfterMs(exchange.headers, now) ?? rateLimitedMs;
    return { kind: "postponed", reason: "rate_limited", retryAfterMs: wait, errorCode, detail };
  }
  // 408 comes from whatever stood between and waited: nobody knows how far the request got.
  if (status === 408) return unknown("timeout", status, detail);
  const effect = twilioError(errorCode)?.effect ??
    (status === 401 || status === 403 ? "configuration" : null);
  if (effect === "configuration" || effect === "rate_limited") {
    return { kind: "postponed", reason: effect, retryAfterMs: configurationMs, errorCode, detail };
  }
  if (status >= 400 && status < 500) return { kind: "failed", errorCode, httpStatus: status, detail };
  return unknown(status >= 500 ? "server_error" : "malformed_answer", status, detail);
}

/** A status newer than this code still means that Twilio has the message; callbacks will tell the rest. */
export function knownStatus(status: unknown): TwilioStatus {
  return isTwilioStatus(status) ? status : "accepted";
}

export function jsonOf(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function classifyFault(fault: ConnectionFault, httpStatus: number | null, detail: string): SendResult {
  if (fault !== "not_sent") return unknown(fault, httpStatus, detail);
  return {
    kind: "postponed",
    reason: "connection_refused",
    retryAfterMs: unreachableMs,
    errorCode: null,
    detail,
  };
}

function unknown(
  reason: Extract<SendResult, { kind: "unknown" }>["reason"],
  httpStatus: number | null,
  detail: string,
): SendResult {
  return { kind: "unknown", reason, httpStatus, detail };
}
