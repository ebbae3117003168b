import { endOfGrapheme } from "./characters.ts";
import { type MarkSpan, readMarkSpans } from "./mark_spans.ts";
import { endOfPart, isBreak } from "./part_end.ts";

/** Twilio refuses a longer `Body` (error 21617). Counted in UTF-16 units, the strictest reading of "characters". */
export const maxBodyLength = 1_600;

/** A shorter limit leaves no room for the marks that a cut adds. */
const leastForMarks = 40;

/** The longest closing mark, `"\n```"`; three styles at once are shorter. */
const longestClosing = 4;

/** Indentation of code that a part may begin with. */
const longestIndentation = leastForMarks / 2;

/** Where a part begins: what is marked there already, and how many of the spans begin before it. */
interface Beginning {
  start: number;
  open: MarkSpan[];
  passed: number;
}

/**
 * Trimmed, non-empty parts of at most `limit` units, cut inside a word only where one is longer than a part. What is
 * marked on both sides of a cut is marked in both parts.
 */
export function splitText(text: string, limit = maxBodyLength): string[] {
  const whole = text.trim();
  if (whole === "") return [];
  const spans = whole.length > limit && limit >= leastForMarks ? readMarkSpans(whole) : [];
  const parts: string[] = [];
  let beginning: Beginning = { start: 0, open: [], passed: 0 };
  for (;;) {
    const { start, open } = beginning;
    const opening = open.map((span) => span.opening).join("");
    if (start === whole.length) return parts;
    if (opening.length + whole.length - start <= limit) return [...parts, opening + whole.slice(start)];
    const cut = findCut(whole, { beginning, spans, room: limit - opening.length });
    parts.push(opening + writeCut(whole, { start, ...cut }));
    beginning = beginAfter(whole, { ...cut, spans, passed: beginning.passed });
  }
}

interface Cut {
  end: number;
  /** What is marked on both sides of it, the outer first. */
  open: MarkSpan[];
}

function findCut(
  text: string,
  { beginning, spans, room }: { beginning: Beginning; spans: MarkSpan[]; room: number },
): Cut {
  const { start } = beginning;
  const cutAt = (end: number): Cut => ({ end, open: openAt(end, { beginning, spans }) });
  let cut = cutAt(endOfPart(text, { start, room }));
  const tight = { start, room: room - longestClosing };
  if (writeCut(text, { start, ...cut }).length > room) cut = cutAt(endOfPart(text, tight));
  for (let empty = emptyAt(text, { start, ...cut }); empty; empty = emptyAt(text, { start, ...cut })) {
    // Better before the marks; where the part begins with them, inside a word.
    if (empty.start === start) return cutAt(endOfGrapheme(text, tight));
    cut = cutAt(empty.start);
  }
  const isIndentation = firstVisible(text, start) >= cut.end;
  return isIndentation ? cutAt(endOfGrapheme(text, tight)) : cut;
}

function openAt(end: number, { beginning, spans }: { beginning: Beginning; spans: MarkSpan[] }): MarkSpan[] {
  const open = beginning.open.filter((span) => span.end > end);
  for (let index = beginning.passed; (spans[index]?.start ?? end) < end; index++) {
    const span = spans[index];
    if (span && span.end > end) open.push(span);
  }
  return open;
}

/** The outermost mark of this part that has nothing marked before the cut. */
function emptyAt(text: string, { start, end, open }: Cut & { start: number }): MarkSpan | undefined {
  return open.find((span) => span.start >= start && text.slice(span.contentStart, end).trim() === "");
}

function writeCut(text: string, { start, end, open }: Cut & { start: number }): string {
  const contentEnd = Math.min(end, ...open.map((span) => span.contentEnd));
  return text.slice(start, contentEnd).trimEnd() + open.map(({ closing }) => closing).reverse().join("");
}

function beginAfter(
  text: string,
  { end, open, spans, passed }: Cut & { spans: MarkSpan[]; passed: number },
): Beginning {
  let start = end;
  const reopened: MarkSpan[] = [];
  for (const span of open.toReversed()) {
    const isDone = firstVisible(text, start) >= span.contentEnd;
    if (isDone) start = Math.max(start, span.end);
    else reopened.unshift(span);
  }
  const inCode = reopened.some(({ opening }) => opening.startsWith("```"));
  start = inCode && text[start] === "\n" ? lineOfCode(text, start) : firstVisible(text, start);
  let next = passed;
  while ((spans[next]?.start ?? start) < start) next++;
  return { start, open: reopened, passed: next };
}

/** The first index from `from` on at which no white space stands. */
function firstVisible(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBreak(text, at)) at++;
  return at;
}

/** Code keeps the indentation of its lines, if it is not beyond all measure. */
function lineOfCode(text: string, from: number): number {
  const visible = firstVisible(text, from);
  const line = text.lastIndexOf("\n", visible) + 1;
  return visible - line > longestIndentation ? visible : line;
}
