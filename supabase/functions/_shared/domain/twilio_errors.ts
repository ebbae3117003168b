/** What a Twilio error means for the message it is about. All but `rate_limited` and `configuration` are final for it. */
export type ErrorEffect =
  /** The customer refused our messages. */
  | "opted_out"
  /** Free text outside the 24 h window: only a template may go. */
  | "outside_window"
  /** Nobody can be reached at this address. */
  | "invalid_recipient"
  /** The text, template or file is not accepted. */
  | "invalid_content"
  /** Meta or a carrier did not want it, for this recipient or by policy. */
  | "refused_by_channel"
  /** Too fast: later it may go. */
  | "rate_limited"
  /** Ours to repair: credentials, sender or account. The same message may go afterwards. */
  | "configuration";

export interface TwilioError {
  code: number;
  name: string;
  effect: ErrorEffect;
}

/** From Twilio's dictionary (https://www.twilio.com/docs/api/errors); names are ours. */
const known: Record<number, readonly [name: string, effect: ErrorEffect]> = {
  20003: ["authentication_failed", "configuration"],
  20404: ["not_found", "configuration"],
  20429: ["too_many_requests", "rate_limited"],
  21211: ["invalid_to", "invalid_recipient"],
  21212: ["invalid_from", "configuration"],
  21408: ["region_not_enabled", "configuration"],
  21603: ["missing_from", "configuration"],
  21604: ["missing_to", "invalid_recipient"],
  21606: ["from_cannot_send", "configuration"],
  21608: ["unverified_recipient_on_trial", "configuration"],
  21609: ["invalid_status_callback", "configuration"],
  21610: ["recipient_opted_out", "opted_out"],
  21611: ["sender_queue_full", "rate_limited"],
  21612: ["no_route_from_to", "invalid_recipient"],
  21614: ["to_cannot_receive", "invalid_recipient"],
  21617: ["body_too_long", "invalid_content"],
  21619: ["missing_content", "invalid_content"],
  21655: ["invalid_content_sid", "configuration"],
  21656: ["invalid_content_variables", "invalid_content"],
  63001: ["channel_authentication_failed", "configuration"],
  63003: ["to_not_found", "invalid_recipient"],
  63005: ["content_not_accepted", "invalid_content"],
  63007: ["sender_not_found", "configuration"],
  63013: ["policy_violation", "refused_by_channel"],
  63015: ["not_joined_sandbox", "invalid_recipient"],
  63016: ["outside_window", "outside_window"],
  63018: ["channel_rate_limit", "rate_limited"],
  63019: ["media_not_downloaded", "invalid_content"],
  63020: ["business_account_unpaid_or_unaccepted", "configuration"],
  63021: ["invalid_channel_content", "invalid_content"],
  63024: ["invalid_recipient", "invalid_recipient"],
  63027: ["template_not_found", "configuration"],
  63028: ["template_parameters_mismatch", "invalid_content"],
  63032: ["recipient_in_experiment", "refused_by_channel"],
  63038: ["daily_limit_reached", "rate_limited"],
  63049: ["marketing_not_delivered", "refused_by_channel"],
  63051: ["business_account_locked", "configuration"],
  63112: ["business_account_disabled", "configuration"],
};

/** Null for a code that says nothing we act upon. */
export function twilioError(code: number | null): TwilioError | null {
  const entry = code === null ? undefined : known[code];
  return code !== null && entry ? { code, name: entry[0], effect: entry[1] } : null;
}
