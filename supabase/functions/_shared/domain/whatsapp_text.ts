import { formatBlocks } from "./markdown/blocks.ts";
import { isVisible } from "./text/characters.ts";
import { maxBodyLength, splitText } from "./text/message_parts.ts";

export { maxBodyLength, splitText };

/** A model's reply as the WhatsApp messages that carry it, in order. Empty when the reply has no visible text. */
export function whatsappMessages(reply: string, limit = maxBodyLength): string[] {
  return splitText(toWhatsAppFormat(reply), limit);
}

/**
 * Markdown that models write in spite of being told not to, in WhatsApp's own marks
 * (https://faq.whatsapp.com/539178204879377). What is in WhatsApp's marks already stays as it is. Empty when nothing
 * but marks is left. The work grows as the text does, whatever stands in it.
 */
export function toWhatsAppFormat(markdown: string): string {
  const text = formatBlocks(readable(markdown)).trim();
  return isVisible(text.replace(/[*_~`#>|-]+/g, "")) ? text : "";
}

/**
 * Well-formed Unicode without what nobody should see: control characters, zero-width spaces (not joiners, emoji need
 * them), noncharacters, and the marks with which some models name their source, `【4:0†source】`.
 */
function readable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029\v\f]/g, "\n")
    // deno-lint-ignore no-control-regex -- they are what is taken out
    .replace(/[\0-\x08\x0E-\x1F\x7F-\x9F\u00AD\u200B\u2060\uFEFF\uFDD0-\uFDEF\uFFFE\uFFFF]/g, "")
    .replace(/【[^【】†\n]{0,80}†[^【】†\n]{0,80}】/g, "");
}
