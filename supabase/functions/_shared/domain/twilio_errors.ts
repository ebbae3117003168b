import { codesByEffect } from "./twilio_error_codes.ts";

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
  /** Too fast, or a trouble of Twilio's or Meta's that passes: later it may go. */
  | "rate_limited"
  /** Ours to repair: credentials, sender, template or account. The same message may go afterwards. */
  | "configuration";

export interface TwilioError {
  code: number;
  name: string;
  /** Null when nothing is known that could be acted upon: final for the message, and for a person to see. */
  effect: ErrorEffect | null;
}

const known = new Map<number, TwilioError>(
  [...codesByEffect].flatMap(([effect, names]) =>
    Object.entries(names).map(([code, name]) => [Number(code), { code: Number(code), name, effect }] as const)
  ),
);

/** A code that is in no table of ours is `unknown`, without an effect. Null: there was no code. */
export function twilioError(code: number | null): TwilioError | null {
  if (code === null || code === 0) return null;
  return known.get(code) ?? { code, name: "unknown", effect: null };
}

/** Whether the same message may go later, at once or once something of ours is repaired. False for codes not known. */
export function mayPass(code: number | null): boolean {
  const effect = twilioError(code)?.effect;
  return effect === "rate_limited" || effect === "configuration";
}
