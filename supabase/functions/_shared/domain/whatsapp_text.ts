/** Twilio refuses a longer `Body` (error 21617). Counted in UTF-16 units, the strictest reading of "characters". */
export const maxBodyLength = 1_600;

/** A model's reply as the WhatsApp messages that carry it, in order. Empty when the reply has no visible text. */
export function whatsappMessages(reply: string, limit = maxBodyLength): string[] {
  return splitText(toWhatsAppFormat(reply), limit);
}

/**
 * Markdown that models write in spite of being told not to, in WhatsApp's own marks
 * (https://faq.whatsapp.com/539178204879377). Code is left as it is. A single `*word*` is bold in WhatsApp already.
 */
export function toWhatsAppFormat(markdown: string): string {
  return markdown
    .replaceAll("\r\n", "\n")
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((part, index) => index % 2 === 1 ? part : formatProse(part))
    .join("")
    .trim();
}

function formatProse(text: string): string {
  return text
    .replace(/^ {0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$/gm, "")
    .replace(/^( *)\*(?=[ \t]+\S)/gm, "$1-")
    .replace(
      /^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$/gm,
      (_, title: string) => `*${title.replace(/\*+/g, "").trim()}*`,
    )
    .replace(/\*\*(?=[^\s*])([^*\n]*[^\s*])\*\*/g, "*$1*")
    .replace(/~~(?=[^\s~])([^~\n]*[^\s~])~~/g, "~$1~")
    .replace(
      /!?\[([^[\]\n]{0,300})\]\((https?:\/\/(?:[^\s()]|\([^\s()]*\))+)\)/g,
      (_, label: string, url: string) => label === "" || label === url ? url : `${label}: ${url}`,
    )
    .replace(/\n{3,}/g, "\n\n");
}

/** Where a part may end, best first, and how full it must be for such an end to be worth it. */
const boundaries = [
  { pattern: /\n[ \t]*\n/g, least: 0.4 },
  { pattern: /\n/g, least: 0.4 },
  { pattern: /[.!?…。！？]["”»')\]]*(?=\s)/g, least: 0.3 },
  { pattern: /\s/g, least: 0 },
] as const;

/** Trimmed, non-empty parts of at most `limit` units. Cut inside a word only where one is longer than a part. */
export function splitText(text: string, limit = maxBodyLength): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest.length > limit) {
    const end = endOfPart(rest, limit);
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === "" ? parts : [...parts, rest];
}

function endOfPart(text: string, limit: number): number {
  // One more unit shows whether a boundary stands right after a full part.
  const window = text.slice(0, limit + 1);
  for (const { pattern, least } of boundaries) {
    let end = 0;
    for (const match of window.matchAll(pattern)) {
      const candidate = /\s/.test(match[0]) ? match.index : match.index + match[0].length;
      if (candidate <= limit) end = candidate;
    }
    if (end > 0 && end >= limit * least) return end;
  }
  return endOfGrapheme(text, limit);
}

function endOfGrapheme(text: string, limit: number): number {
  let end = 0;
  for (const { index, segment } of new Intl.Segmenter().segment(text.slice(0, limit * 2))) {
    if (index + segment.length > limit) break;
    end = index + segment.length;
  }
  if (end > 0) return end;
  const splitsPair = /[\uD800-\uDBFF]/.test(text[limit - 1] ?? "") && limit > 1;
  return splitsPair ? limit - 1 : limit;
}
