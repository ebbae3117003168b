import { addressEnd, hostEnd } from "./addresses.ts";
import { isAsciiWord, isWord } from "./characters.ts";
import { canBegin, canEnd, isMark, type Mark } from "./whatsapp_marks.ts";

/** A stretch of a text between two marks of WhatsApp. */
export interface MarkSpan {
  start: number;
  contentStart: number;
  contentEnd: number;
  end: number;
  /** The marks themselves, with the line breaks that belong to them. */
  opening: string;
  closing: string;
}

/** What is marked in a text, in the order of the first marks. A block of code that nothing closes ends with the text. */
export function readMarkSpans(text: string): MarkSpan[] {
  const spans: MarkSpan[] = [];
  const open = new Map<Mark, number>();
  let at = 0;

  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "`") {
      const code = codeAt(text, at);
      if (code) spans.push(code);
      at = code?.end ?? at + 1;
    } else if (isMark(char)) {
      const start = open.get(char);
      const sides = { before: text[at - 1], after: text[at + 1] };
      const single = sides.before !== char && sides.after !== char;
      if (single && start !== undefined && canEnd(sides)) {
        spans.push(span({ start, opening: char, closesAt: at, closing: char }));
        open.delete(char);
      } else if (single && canBegin(sides)) open.set(char, at);
      at++;
    } else if (isAsciiWord(char)) {
      at = Math.max(isWord(text[at - 1]) ? at : addressEnd(text, at), hostEnd(text, at));
    } else {
      if (char === "\n") open.clear();
      at++;
    }
  }
  return spans.sort((one, other) => one.start - other.start);
}

function codeAt(text: string, start: number): MarkSpan | null {
  if (!text.startsWith("```", start)) {
    const closesAt = text.indexOf("`", start + 1);
    const isCode = closesAt > start + 1 && !text.slice(start, closesAt).includes("\n");
    return isCode ? span({ start, opening: "`", closesAt, closing: "`" }) : null;
  }
  const opening = text[start + 3] === "\n" ? "```\n" : "```";
  const found = text.indexOf("```", start + opening.length);
  if (found < 0) {
    return {
      start,
      contentStart: start + opening.length,
      contentEnd: text.length,
      end: text.length,
      opening,
      closing: "\n```",
    };
  }
  const ownLine = opening.endsWith("\n") && text[found - 1] === "\n";
  return span({ start, opening, closesAt: ownLine ? found - 1 : found, closing: ownLine ? "\n```" : "```" });
}

function span(
  { start, opening, closesAt, closing }: {
    start: number;
    opening: string;
    closesAt: number;
    closing: string;
  },
): MarkSpan {
  return {
    start,
    contentStart: start + opening.length,
    contentEnd: closesAt,
    end: closesAt + closing.length,
    opening,
    closing,
  };
}
