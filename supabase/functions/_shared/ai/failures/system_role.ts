import type { ModelResult } from "../../app/ports/model.ts";

/** How servers and chat templates say that they take no system message, or only the other two roles in turns. */
const refusals = [
  /\b(?:system|developer)\b.{0,40}\b(?:role|roles|messages?|prompts?|instructions?)\b.{0,60}\b(?:not|isn't|aren't|doesn't|don't|un)\s*(?:be )?(?:supported|support|allowed|enabled|accepted|permitted|available)/i,
  /\b(?:not|no|doesn't|don't)\s+(?:\w+ )?(?:support|allow|accept|take)\w*\b.{0,40}\b(?:system|developer)\b/i,
  /\b(?:unsupported|unexpected|unknown|invalid|unrecognized|illegal)\b.{0,60}\b(?:role|message)\b.{0,20}\b(?:system|developer)\b/i,
  /\b(?:unsupported|unexpected|invalid)\b.{0,30}\b(?:system|developer) (?:role|message|prompt)/i,
  /\b(?:system|developer)\b.{0,10}\bis not (?:one of|a valid|supported)/i,
  /\bonly\b.{0,40}\buser\b.{0,30}\bassistant\b.{0,40}\b(?:roles?|supported|allowed)/i,
  /\broles? must\b.{0,40}\b(?:alternate|user)\b|\b(?:should|must) be\b.{0,20}\buser\b.{0,12}\bassistant\b/i,
  /\binstructions\b.{0,40}\b(?:not supported|unsupported|not allowed|not permitted)|(?:unsupported|unknown|unrecognized|unexpected).{0,40}\binstructions\b/i,
];

/** Whether the model was not asked because of the instructions' role: they may be said in the first user's turn instead. */
export function refusesSystemRole(result: ModelResult): boolean {
  if (result.kind === "reply" || result.usage !== null) return false;
  return refusals.some((pattern) => pattern.test(result.detail));
}
