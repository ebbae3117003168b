import type { ModelFailure } from "../../app/ports/model.ts";
import type { ProviderError } from "./provider_error.ts";
import { isTooLong } from "./too_long.ts";

interface Rule {
  failure: ModelFailure;
  statuses: number[];
  /** Of codes and types, whole or in part. */
  codes: RegExp;
  words: RegExp;
}

/** How servers say it that do not follow OpenAI's codes, or wrap another's error. The first rule that fits decides. */
const rules: Rule[] = [
  {
    failure: "content_refused",
    statuses: [],
    codes:
      /content_?(?:filter|policy|moderation|blocked)|policy_violation|ResponsibleAI|bio_policy|moderation_blocked|data_?inspection|^invalid_prompt$|^sensitive|^safety|prohibited/i,
    words:
      /content (?:management |moderation )?(?:policy|filter)|(?:prompt|input|content|message|request|text) (?:was|were|is|has been|may have been) (?:flagged|blocked|rejected|filtered)|safety (?:system|filter|setting)|usage polic|requires moderation|content exists risk|inappropriate content|(?:unsafe|sensitive|prohibited) content|new_sensitive/i,
  },
  {
    failure: "quota_exhausted",
    statuses: [402],
    codes:
      /insufficient_(?:\w+_)?(?:quota|credit|balance|funds)|billing|payment_required|credit_balance|arrear|out_of_credits|spend_limit/i,
    words:
      /current quota|insufficient (?:\w+ )?(?:quota|credit|balance|funds)|(?:credit|account) balance|out of credits|billing (?:hard limit|not active)|payment required|spend(?:ing)? limit|more credits|arrear|overdue/i,
  },
  {
    failure: "rate_limited",
    statuses: [429],
    codes: /rate_?limit|too_?many_?requests|throttl|resource_exhausted|^quota|requests_limit/i,
    words:
      /rate[- _]?limit|too many requests|throttl|requests? per (?:second|minute|hour|day)|quota exceeded/i,
  },
  {
    failure: "credentials",
    statuses: [401, 403, 407],
    codes: /api_?key|authenti|unauthori[sz]ed|permission|forbidden|access_denied|unsupported_country/i,
    words:
      /(?:api|secret|auth\w*)[ _-]?(?:key|token|secret).{0,60}(?:invalid|not valid|incorrect|missing|expired|required|provided|not found)|(?:invalid|incorrect|missing|no|expired) (?:api|auth\w*|bearer)[ _-]?(?:key|token|header)|unauthori[sz]ed|(?:country|region|location).{0,40}not supported|login fail/i,
  },
  {
    failure: "unavailable",
    statuses: [404, 405, 410],
    codes:
      /model_?not_?(?:found|available|exist|supported)|invalid_model|unknown_model|decommissioned|deploymentnotfound|model_terminated/i,
    words:
      /\bmodels?\b.{0,120}(?:not found|does ?n[o']t exist|do not exist|not exist|not a valid|not valid|not available|not supported|not loaded|decommissioned|deprecated|retired|shut ?down|no longer)|(?:invalid|unknown|unsupported|no such) model|not a valid model|no models? (?:is |are )?(?:loaded|available)|(?:loading|load) (?:the )?model|model.{0,60}(?:loading|warming|starting)/i,
  },
  {
    failure: "timeout",
    statuses: [408],
    codes: /time_?d?_?out|deadline/i,
    words: /\btimed[ -]?out\b|request timeout/i,
  },
];

/** What a server's error is, by its status, its codes and its words; whose fault it was follows from that. */
export function classify(error: ProviderError): ModelFailure {
  const { status, codes, words } = error;
  if (isTooLong(error)) return "too_long";
  // Words that stand beside these statuses explain them; they do not overrule them.
  const settled = rules.find(({ statuses }) =>
    status !== null && [401, 402, 408].includes(status) && statuses.includes(status)
  );
  // A filter that is out of order has judged nothing.
  const isOutage = status !== null && status >= 500 &&
    /unavailable|overload|timed? ?out|try again/i.test(words);
  const fits = ({ failure, statuses, ...rule }: Rule) =>
    codes.some((code) => rule.codes.test(code)) ||
    (rule.words.test(words) && !(isOutage && failure === "content_refused")) ||
    (status !== null && statuses.includes(status));
  return (settled ?? rules.find(fits))?.failure ?? byStatus(error);
}

function byStatus({ status, codes, words }: ProviderError): ModelFailure {
  const isRefusal = /invalid|bad_?request|unprocessable|validation|unsupported|missing_/i;
  if (status === null) return codes.some((code) => isRefusal.test(code)) ? "request_rejected" : "unavailable";
  if (status < 400) return "malformed_answer";
  const passes = status >= 500 || [409, 424, 425, 499].includes(status) ||
    /try again later|(?:over|high) ?load|busy|warming up|starting up|not (?:yet )?ready/i.test(words);
  return passes ? "unavailable" : "request_rejected";
}
