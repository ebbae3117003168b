import { isPunctuation } from "../text/characters.ts";
import { formatCode, readBackticks } from "./code_spans.ts";
import { longestEntity, readEntity } from "./html_entities.ts";
import { readTag } from "./html_tags.ts";

/**
 * A line of prose without escapes, entities and tags: each is what it stands for, Markdown's words and the
 * characters of `readSwitch` for tags. Code is kept, in WhatsApp's backticks, and no other backtick is left.
 */
export function readLiterals(line: string): string {
  if (!/[\\&<`]/.test(line)) return line;
  const reader = createReader(line.includes("|"));
  let from = 0;
  for (const { start, end, ticks, code } of readBackticks(line)) {
    reader.readText(line.slice(from, start));
    if (code) reader.readCode(line.slice(start + ticks, end - ticks), ticks);
    else reader.readText(ticks === 1 ? "'" : '"');
    from = end;
  }
  reader.readText(line.slice(from).trimEnd());
  return reader.end();
}

/**
 * Reads once and takes back: what a character completes is replaced in what was read before it, so that neither
 * `&amp;lt;` nor `<<b>b>` leaves anything to be read in a second pass.
 */
function createReader(inTable: boolean) {
  const read: string[] = [];
  let tags: number[] = [];
  let link: { at: number; href: string } | null = null;

  /** A character that an entity names is read in its turn, and may complete another. */
  function readText(text: string): void {
    for (const char of text) {
      for (let next = char; next !== "";) next = readChar(next);
    }
  }

  /** Empty, or the character to be read instead of what it completed. */
  function readChar(char: string): string {
    const escaped = isPunctuation(char) && char !== "\\" && dropBackslashes();
    if (escaped && char === "|") read.push("/");
    else if (char === ">" && readTagBefore()) return "";
    else {
      const named = char === ";" ? readEntityBefore() : null;
      if (named !== null) return named;
      if (char === "<") tags.push(read.length);
      read.push(char);
    }
    return "";
  }

  function dropBackslashes(): boolean {
    const before = read.length;
    while (read.at(-1) === "\\") read.pop();
    return read.length < before;
  }

  function readTagBefore(): boolean {
    const start = tags.pop();
    const tag = start === undefined ? null : readTag(read.slice(start + 1).join(""));
    if (start === undefined || tag === null) {
      // No tag reaches over a `>`, so what was opened before it stays as it is.
      tags = [];
      return false;
    }
    read.length = start;
    if (link !== null && link.at >= start) link = null;
    if (tag.kind === "text") push(tag.text);
    else if (tag.kind === "link") {
      link = tag.href === "" ? null : { at: read.length, href: tag.href };
      read.push("");
    } else if (link !== null) {
      read[link.at] = "[";
      read.push("]", "(", link.href, ")");
      link = null;
    }
    return true;
  }

  /** A row of a table is one line: what would break it separates instead. */
  function push(text: string): void {
    if (!inTable || !text.includes("\n")) read.push(text);
    else if (!/[\s|]/.test(read.at(-1) ?? "|")) read.push(text === "\n- " || text === "\n" ? ", " : " ");
  }

  function readEntityBefore(): string | null {
    const earliest = Math.max(0, read.length - longestEntity - 1);
    let start = read.length - 1;
    while (start >= earliest && read[start] !== "&") start--;
    const char = start < earliest ? null : readEntity(read.slice(start + 1).join(""));
    if (char !== null) read.length = start;
    return char;
  }

  function readCode(content: string, ticks: number): void {
    const escaped = dropBackslashes();
    const code = formatCode(escaped ? content.replace(/\\$/, "") : content, ticks);
    if (code === "") return;
    if (read.at(-1)?.endsWith("`")) read.push(" ");
    read.push(code);
  }

  function end(): string {
    dropBackslashes();
    return read.join("");
  }

  return { readText, readCode, end };
}
