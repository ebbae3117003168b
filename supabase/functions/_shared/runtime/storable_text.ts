/** A text that PostgreSQL can store and a strict server reads: well-formed Unicode without NUL. */
export function storableText(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** At most `limit` UTF-16 units, cut between code points. */
export function cutAt(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cutsPair = /[\uD800-\uDBFF]/.test(text[limit - 1] ?? "");
  return text.slice(0, cutsPair ? limit - 1 : limit);
}
