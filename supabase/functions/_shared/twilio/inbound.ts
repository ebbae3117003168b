import type { InboundContent } from "../domain/inbound_content.ts";
import { accountSidFormat, addressFormat, type Params, required, sidFormat, stripNul } from "./form.ts";
import { parseContent } from "./inbound_content.ts";

/** A verified incoming message. `params` is everything Twilio sent, without NUL characters. */
export interface InboundWebhook {
  messageSid: string;
  accountSid: string;
  from: string;
  to: string;
  content: InboundContent;
  params: Params;
}

/**
 * Reads a webhook whose signature was checked
 * (https://www.twilio.com/docs/messaging/guides/webhook-request). Throws an AppError `missing_…` or `malformed_…`
 * for `message_sid`, `account_sid`, `from`, `to`; any content is accepted.
 */
export function parseInbound(verified: Params): InboundWebhook {
  const params = stripNul(verified);
  return {
    messageSid: required(params, "MessageSid", sidFormat),
    accountSid: required(params, "AccountSid", accountSidFormat),
    from: required(params, "From", addressFormat),
    to: required(params, "To", addressFormat),
    content: parseContent(params),
    params,
  };
}
