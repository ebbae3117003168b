import { addressEnd, hostEnd } from "../text/addresses.ts";
import { isAsciiWord, isBlank, isWord } from "../text/characters.ts";
import { type Change, resolveEmphasis, type Token } from "./emphasis.ts";
import { readSwitch } from "./html_tags.ts";
import { readLinks } from "./links.ts";
import { writeStyles } from "./styled_text.ts";
import { isMark, type Mark } from "../text/whatsapp_marks.ts";

/** A paragraph of Markdown, without its escapes and tags, in WhatsApp's marks. `bold` is for a heading. */
export function formatInline(text: string, options: { bold?: boolean } = {}): string {
  const isPlain = !/[*_~`[\uFDD0-\uFDD5]/.test(text);
  if (isPlain && !options.bold) return text;
  if (isPlain && !/\/|www\./i.test(text)) return `*${text.trim()}*`;
  const tokens = readTokens(text);
  resolveEmphasis(tokens);
  return writeStyles(tokens, options);
}

const unresolved: { changes: readonly Change[]; spent: boolean } = { changes: [], spent: false };

/** One pass from left to right. */
function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  const links = readLinks(source);
  let from = 0;
  let at = 0;
  let beginsLine = true;

  /** Adds what was passed over as text, then what stands for the text up to `end`. */
  function add(token: Token | null, end: number): void {
    if (at > from) tokens.push({ kind: "text", text: source.slice(from, at) });
    if (token) tokens.push(token);
    at = from = end;
  }

  function readRun(mark: Mark): void {
    const end = endOfRun(source, at);
    const sides = { before: source[at - 1], after: source[end] };
    add({ kind: "run", mark, length: end - at, beginsLine, ...sides, ...unresolved }, end);
  }

  /** Code or an address, neither of which is looked into. */
  function readFixed(end: number, otherwise: number): void {
    if (end > at) add({ kind: "fixed", text: source.slice(at, end) }, end);
    else at = otherwise;
  }

  function readOther(char: string): void {
    const link = links.get(at);
    const change = link ? undefined : readSwitch(char);
    if (change) add({ kind: "switch", change }, at + 1);
    else if (link) {
      add(null, link.end);
      tokens.push(...link.tokens);
    } else at++;
  }

  while (at < source.length) {
    const char = source.charAt(at);
    if (isAsciiWord(char)) {
      readFixed(isWord(source[at - 1]) ? at : addressEnd(source, at), hostEnd(source, at));
    } else if (isMark(char)) readRun(char);
    else if (char === "`") readFixed(endOfCode(source, at), at + 1);
    else readOther(char);
    if (char === "\n") beginsLine = true;
    else if (!isBlank(char) && !readSwitch(char)) beginsLine = false;
  }
  add(null, at);
  return tokens;
}

function endOfRun(source: string, start: number): number {
  let end = start;
  while (source[end] === source[start]) end++;
  return end;
}

/** Only closed code is in backticks here; a cell of a table may have cut it. */
function endOfCode(source: string, start: number): number {
  const fence = source.startsWith("```", start) ? "```" : "`";
  const end = source.indexOf(fence, start + fence.length);
  return end < 0 ? start : end + fence.length;
}
