import { isBlank } from "../text/characters.ts";

/** A line of nothing but Markdown's marks: a rule, or what was left empty. Escapes and tags are read before. */
export function isMarksOnly(line: string): boolean {
  return /^[\s*_~`#>|+\uFDD0-\uFDEF-]*$/.test(line);
}

/** `=====` under a line makes that line a heading. */
export function isUnderline(line: string): boolean {
  return /^=+$/.test(line.trim());
}

/**
 * The text of a quoted line, whatever its depth, for WhatsApp knows one; null for any other line, `>18` among them.
 * `[!NOTE]` at its beginning gives the quote a colour elsewhere, and is left out.
 */
export function readQuote(line: string): string | null {
  const text = line.trim();
  const quote = /^>(?:[> ]|\[!\w{1,20}\])*/.exec(text)?.[0];
  const content = text.slice(quote?.length);
  return quote === undefined || (quote.endsWith(">") && /^[\d=]/.test(content)) ? null : content;
}

/** How a line begins, as WhatsApp shows it, and the Markdown that is left. */
export interface Beginning {
  kind: "heading" | "item" | "text";
  /** White space with the bullet or the number of an item. */
  prefix: string;
  content: string;
}

/** Takes headings and bullets from the beginning of a line, as many as there are. One bullet is shown. */
export function readBeginning(line: string): Beginning {
  let { kind, prefix, content }: Beginning = { kind: "text", prefix: "", content: line };
  for (;;) {
    const title = readHeading(content);
    const item = title === null ? readItem(content) : null;
    if (title !== null) {
      kind = "heading";
      content = title;
    } else if (item !== null && (prefix === "" || item.prefix.endsWith("- "))) {
      if (kind === "text") kind = "item";
      prefix ||= item.prefix;
      content = item.content;
    } else return { kind, prefix, content: kind === "heading" ? withoutClosing(content) : content };
  }
}

/** What follows the marks of a heading; null for any other line. A single `#` needs a space: `#promo` is a tag. */
function readHeading(line: string): string | null {
  const text = line.trimStart();
  let level = 0;
  while (text[level] === "#") level++;
  return level === 0 || (level === 1 && !isBlank(text[1])) ? null : text.slice(level).trimStart();
}

/** The title of `Title ##`, but all of `C#`. */
function withoutClosing(title: string): string {
  const text = title.trimEnd();
  let end = text.length;
  while (text[end - 1] === "#") end--;
  return end === 0 || isBlank(text[end - 1]) ? text.slice(0, end).trimEnd() : text;
}

/** An item of a list; null for any other line. */
function readItem(line: string): { prefix: string; content: string } | null {
  const content = line.trimStart();
  const marker = /^(?:[-*+•◦▪]|\d{1,9}[.)])(?=\s)/.exec(content)?.[0];
  if (marker === undefined) return null;
  const rest = content.slice(marker.length).trimStart();
  // `+ 55 11 …` is a telephone number.
  if (marker === "+" && /^\d/.test(rest)) return null;
  const indent = line.slice(0, line.length - content.length).replaceAll("\t", "  ");
  const prefix = `${indent}${marker === "*" || marker === "+" ? "-" : marker} `;
  const box = /^\[([ xX])\](?=\s)/.exec(rest);
  if (!box) return { prefix, content: rest };
  return { prefix: `${prefix}${box[1] === " " ? "☐" : "☑"} `, content: rest.slice(3).trimStart() };
}

/** The line with the switches of style that stand before its bullet or heading behind it. */
export function withSwitchesInside(line: string): string {
  const before = /^[\s\uFDD0-\uFDD5]*/.exec(line)?.[0] ?? "";
  const switches = before.replace(/\s/g, "");
  if (switches === "") return line;
  const rest = line.slice(before.length);
  const marker = /^(?:#+|>|[-*+•◦▪]|\d{1,9}[.)])(?=\s)|^>/.exec(rest)?.[0] ?? "";
  return marker === "" ? line : `${marker} ${switches}${rest.slice(marker.length).trimStart()}`;
}
