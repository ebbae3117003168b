import { cutAtGrapheme, isVisible } from "./text/characters.ts";

/**
 * WhatsApp's limit for a template with its variables (error 63021). Counted in UTF-16 units, the strictest reading of
 * "characters"; the template's own text counts too, and is not known here.
 */
export const maxTemplateVariableLength = 1_024;

const omission = "…";

/**
 * A text as Twilio takes it for a template's variable: one line, no tabs, no runs of blanks, never empty (error 21656),
 * at most `limit` units, cut between graphemes with "…".
 */
export function templateVariable(text: string, limit = maxTemplateVariableLength): string {
  const line = text.toWellFormed().replace(/[\s\p{Cc}]+/gu, " ").trim();
  if (!isVisible(line)) return omission;
  if (line.length <= limit) return line;
  return cutAtGrapheme(line, limit - omission.length).trimEnd() + omission;
}
