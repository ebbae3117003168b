import { z } from "zod";
import type { SendResult } from "../app/ports/messaging.ts";
import { isTwilioStatus, type TwilioStatus } from "../domain/delivery_status.ts";
import { retryAfterMs } from "../domain/retry_after.ts";
import { twilioError } from "../domain/twilio_errors.ts";
import type { ConnectionFault, Exchange } from "./exchange.ts";

/** At least this long, whatever a server asks: at once would be as fast as before. */
const leastMs = 1_000;
const passingMs = 10_000;
/** Ours to repair takes people: the message waits for them, as long as the 24 h window lasts. */
const configurationMs = 60_000;
export const unreachableMs = 2_000;

/** These say themselves that the request was turned away, whatever the status (https://www.twilio.com/docs/api/errors). */
const turnedAway = [20429, 21730];

const createdMessage = z.object({ sid: z.string().min(1).max(64), status: z.unknown() });
const rejection = z.object({ code: z.number().int().nullish(), message: z.string().nullish().catch(null) });

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
  // 408 comes from whatever stood between and waited: nobody knows how far the request got.
  if (status === 408) return unknown("timeout", status, detail);
  const isRefused = (status >= 400 && status < 500) ||
    (errorCode !== null && turnedAway.includes(errorCode));
  const reason = isRefused ? reasonToWait(status, errorCode) : null;
  if (reason !== null) {
    const otherwiseMs = reason === "configuration" ? configurationMs : status === 429 ? leastMs : passingMs;
    const wait = Math.max(retryAfterMs(exchange.headers, now) ?? otherwiseMs, leastMs);
    return { kind: "postponed", reason, retryAfterMs: wait, errorCode, detail };
  }
  if (isRefused) return { kind: "failed", errorCode, httpStatus: status, detail };
  return unknown(status >= 500 ? "server_error" : "malformed_answer", status, detail);
}

/** Why what was refused may go later; null: it may not. The code says more than the status. */
function reasonToWait(status: number, errorCode: number | null): "rate_limited" | "configuration" | null {
  const effect = twilioError(errorCode)?.effect ?? null;
  if (effect === "rate_limited" || effect === "configuration") return effect;
  // A 429 was never processed, whatever else it names.
  if (status === 429) return "rate_limited";
  return effect === null && (status === 401 || status === 403) ? "configuration" : null;
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
