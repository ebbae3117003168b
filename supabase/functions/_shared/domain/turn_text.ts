import type { InboundKind, Media } from "./inbound_content.ts";

interface Described {
  kind: InboundKind;
  body: string;
  media: readonly Media[];
}

/** One message as a line of conversation: a mark for each file, then the words. Never empty, so that none goes unseen. */
export function describeMessage({ kind, body, media }: Described): string {
  const marks = media.map(({ contentType }) => describeMedia(contentType));
  // A kind without files of a known sort names itself in its body already (`[contacts]`).
  const shown = kind === "unknown" && body.startsWith("[") ? [] : marks;
  return [...shown, body.trim()].filter((part) => part !== "").join(" ") || "[empty message]";
}

/** `[image]`, `[document: application/pdf]`: what the customer sent, as far as its media type tells. */
export function describeMedia(contentType: string): string {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  // WhatsApp sends photographs as JPEG or PNG and stickers, only those, as WebP.
  if (type === "image/webp") return "[sticker]";
  if (type === "text/vcard" || type === "text/x-vcard" || type === "text/directory") return "[contact card]";
  const family = /^(image|audio|video)\//.exec(type)?.[1];
  if (family) return `[${family}]`;
  return /^[\w.+-]+\/[\w.+-]+$/.test(type) ? `[document: ${type}]` : "[document]";
}
