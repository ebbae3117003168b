import { isTwilioStatus, type TwilioStatus } from "../domain/delivery_status.ts";
import { accountSidFormat, first, type Params, required, sidFormat } from "./form.ts";

export interface StatusCallback {
  accountSid: string;
  messageSid: string;
  /** Null when Twilio has a status that we do not know: the SID is still evidence that Twilio took the message. */
  status: TwilioStatus | null;
  errorCode: number | null;
}

/** Reads a verified status callback (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status). */
export function parseStatusCallback(params: Params): StatusCallback {
  const status = first(params, "MessageStatus") ?? first(params, "SmsStatus");
  const errorCode = first(params, "ErrorCode");
  return {
    accountSid: required(params, "AccountSid", accountSidFormat),
    messageSid: required(params, "MessageSid", sidFormat),
    status: isTwilioStatus(status) ? status : null,
    errorCode: errorCode !== null && /^[1-9]\d{0,8}$/.test(errorCode) ? Number(errorCode) : null,
  };
}

/** Where Twilio reports on one outbound message: it names our row, so that its SID is learned from any callback. */
export function statusCallbackUrl(publicBase: string, messageId: string): string {
  return `${publicBase.replace(/\/+$/, "")}/message-status?message_id=${encodeURIComponent(messageId)}`;
}

/** Our row, from the signed query of a callback. Null unless exactly one UUID is named. */
export function messageIdOf(rawQuery: string): string | null {
  const ids = new URLSearchParams(rawQuery).getAll("message_id");
  const [id] = ids;
  return ids.length === 1 && id !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
    ? id
    : null;
}
