import type { ProviderError } from "./provider_error.ts";

const tooLongCode =
  /context_?(?:length|size|window)|(?<!image_|file_)too_?(?:long|large)$|above_max_length|(?:tokens?|prompt)_(?:limit_)?(?:exceeded|reached)|max_prompt_tokens|token_limit|^1261$/i;

/** The nouns that are too long, the ways to say so, and advice that only a too long request gets. */
const tooLongWords = [
  /context[ _-]?(?:length|size|window|limit)/i,
  /max(?:imum)?[ _-](?:model[ _-]|prompt[ _-]|input[ _-]|sequence[ _-]|seq[ _-])?(?:len(?:gth)?\b|(?:number of )?(?:input )?tokens allowed)/i,
  /(?:prompt|inputs?|messages?|request|conversation|body|payload|entity|string|array)\b.{0,80}\b(?:(?<!\bt(?:ook|akes|aking) )too (?:long|large|big)|longer than|larger than|exceeds? (?:the )?(?:max|limit|model|available|token))/i,
  /too many (?:input |prompt )?tokens|(?:token count|tokens?|length).{0,80}(?:exceeds?|longer than|larger than|greater than|cannot exceed|over the limit)/i,
  /(?:tokens|inputs?).{0,40}must (?:have less|be <=|be less|be at most)|range of input length|model (?:token|prompt) limit/i,
  /reduce the (?:length|input)|shorten (?:your|the)|reduce your (?:prompt|message|input)/i,
  // What was left for the answer, once the input was taken off.
  /max_(?:completion_|output_|new_)?tokens.{0,40}got -\d/i,
];

/** A limit on what the model writes, however it is compared: nothing that is left out of the turn would help. */
function isOfOutput(words: string): boolean {
  return /(?:^|: ?)(?:invalid )?[`'"]?max_?(?:completion_|output_|new_)?tokens\b/i.test(words) &&
    !/input|prompt|messages|got -\d/i.test(words);
}

/**
 * Whether a turn was longer than its model takes, in every way that servers say it. A limit on tokens a minute speaks of
 * tokens too, but passes by itself, unless a single request is beyond it.
 */
export function isTooLong({ status, codes, words }: ProviderError): boolean {
  if (status === 413 || /request too large|tokens must be reduced/i.test(words)) return true;
  if (status !== null && [401, 402, 403, 404].includes(status)) return false;
  if (codes.some((code) => tooLongCode.test(code))) return true;
  if (isOfOutput(words)) return false;
  const isRate = status === 429 || /rate[- _]?limit|per (?:second|minute|min|hour|day)\b|quota/i.test(words);
  return !isRate && tooLongWords.some((pattern) => pattern.test(words));
}
