import { type Line, separateCode } from "./code_fences.ts";
import { formatInline } from "./inline.ts";
import { isMarksOnly, isUnderline, readBeginning, readQuote, withSwitchesInside } from "./lines.ts";
import { readLiterals } from "./literals.ts";
import { isDelimiterRow, isFramedRow, readCells, tableAsList } from "./tables.ts";

/** A text of Markdown as WhatsApp shows it, block by block. */
export function formatBlocks(markdown: string): string {
  const lines = separateCode(markdown).flatMap((line) => line.kind === "code" ? [line] : readProse(line));
  return formatLines(lines).join("\n");
}

/** Tags may break a line. */
function readProse(line: Line): Line[] {
  const text = readLiterals(line.text);
  return text === line.text ? [line] : asProse(text.split("\n").map(withSwitchesInside));
}

interface Paragraph {
  prefix: string;
  lines: string[];
}

/** Formatted lines, never two blank ones in a row. A block of code is one of them. */
function formatLines(lines: Line[]): string[] {
  const written: string[] = [];
  let paragraph: Paragraph | null = null;

  function write(line: string): void {
    if (line !== "" || written.at(-1) !== "") written.push(line);
  }

  /** Emphasis may reach over the lines of a paragraph, and no further. */
  function writeText({ prefix, lines }: Paragraph, options = { bold: false }): void {
    const text = formatInline(lines.join("\n"), options);
    for (const line of text.trim() === "" ? [""] : (prefix + text).split("\n")) write(line.trimEnd());
  }

  function endParagraph(options?: { bold: boolean }): void {
    if (paragraph) writeText(paragraph, options);
    paragraph = null;
  }

  function writeBlock(line: string): void {
    if (isUnderline(line) && paragraph?.prefix === "" && paragraph.lines.length === 1) {
      return endParagraph({ bold: true });
    }
    const { kind, prefix, content } = readBeginning(line);
    const isEmpty = isMarksOnly(line);
    if (isEmpty || kind !== "text") endParagraph();
    if (isEmpty) write("");
    else if (kind === "heading") writeText({ prefix, lines: [content] }, { bold: true });
    else if (paragraph) paragraph.lines.push(line);
    else paragraph = { prefix, lines: [content] };
  }

  for (let index = 0; index < lines.length; index++) {
    const { kind, text } = lines[index] ?? { kind: "prose", text: "" };
    const block = kind === "prose" ? readQuotes(lines, index) ?? readTable(lines, index) : null;
    if (kind === "prose" && block === null) writeBlock(text);
    else {
      endParagraph();
      for (const line of block?.lines ?? [text]) write(line);
      index = block?.last ?? index;
    }
  }
  endParagraph();
  return written;
}

/** Several lines that are one block, formatted, and the index of its last line. */
interface Block {
  lines: string[];
  last: number;
}

function readQuotes(lines: Line[], first: number): Block | null {
  const quoted = takeWhile(lines, { first, read: readQuote });
  if (quoted.length === 0) return null;
  const formatted = formatLines(asProse(quoted)).map((line) => line === "" ? "" : `> ${line.trimStart()}`);
  return { lines: formatted, last: first + quoted.length - 1 };
}

function readTable(lines: Line[], first: number): Block | null {
  const text = lines[first]?.text ?? "";
  const next = lines[first + 1];
  if (!text.includes("|")) return null;
  if (isDelimiterRow(text)) return { lines: [""], last: first };
  const hasHead = next?.kind === "prose" && isDelimiterRow(next.text);
  if (!hasHead && !isFramedRow(text)) return null;
  const read = (row: string) => (hasHead ? row.includes("|") : isFramedRow(row)) ? row : null;
  const rows = takeWhile(lines, { first, read });
  const [head = [], ...body] = rows.filter((row) => !isDelimiterRow(row)).map(readCells);
  const list = tableAsList(hasHead ? { head, body } : { head: [], body: [head, ...body] });
  return { lines: formatLines(asProse(list)), last: first + rows.length - 1 };
}

function takeWhile(
  lines: Line[],
  { first, read }: { first: number; read: (text: string) => string | null },
): string[] {
  const taken: string[] = [];
  for (let index = first; lines[index]?.kind === "prose"; index++) {
    const text = read(lines[index]?.text ?? "");
    if (text === null) break;
    taken.push(text);
  }
  return taken;
}

function asProse(lines: string[]): Line[] {
  return lines.map((text) => ({ kind: "prose", text }));
}
