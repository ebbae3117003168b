import { cutAt, storableText } from "./storable_text.ts";

const maxDetailLength = 300;

/** What is shorter stands in ordinary words: searched for, it would blot out the text and hide nothing. */
const leastSecretLength = 8;

export function isRedactable(secret: string): boolean {
  return secret.length >= leastSecretLength;
}

/**
 * Error texts of Twilio, proxies and the platform go into logs and rows: without secrets and whole phone numbers, at most
 * 300 UTF-16 units, cut at a code point, well-formed, and without NUL, which PostgreSQL stores in no text.
 */
export function redact(text: string, secrets: readonly string[]): string {
  // The longest first: a secret that holds another one is to go whole.
  const searched = secrets.filter(isRedactable).sort((a, b) => b.length - a.length);
  // Before the search, so that nothing joins to a secret after it.
  const clean = searched
    .reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), storableText(text))
    .replace(/(?<![0-9A-Za-z])\+?\d{4,}(?=\d{4}(?![0-9A-Za-z]))/g, "…");
  return cutAt(clean, maxDetailLength);
}
