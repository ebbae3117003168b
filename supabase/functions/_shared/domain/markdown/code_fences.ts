import { fenced, readFencedCode, readOpening } from "./fenced_code.ts";

/** A line of prose, or a whole block of code with WhatsApp's fences around it. */
export interface Line {
  kind: "prose" | "code";
  text: string;
}

/**
 * Tells code between fences from prose. A language is left out, a fence that nothing closes ends with the text, an
 * empty one is none. Markdown between fences that say so is prose.
 */
export function separateCode(text: string): Line[] {
  const lines = unwrapAnswer(text.split("\n"));
  const lastTildes = lines.findLastIndex((line) => isTildes(line, false));
  const separated: Line[] = [];
  let wrappers = 0;
  let index = 0;

  function addCode(content: string[]): void {
    const code = fenced(content);
    if (code !== null) separated.push({ kind: "code", text: code });
  }

  function addLine(line: string): void {
    const opening = readOpening(line);
    const prose = opening === null ? line : line.slice(0, opening.start);
    const quoted = opening !== null && prose.includes(">") && /^[\s>]+$/.test(prose);
    if (opening === null || (prose.trim() !== "" && !quoted)) separated.push({ kind: "prose", text: prose });
    if (opening === null) return;
    const { content, closing, rest } = readFencedCode(lines, { ...opening, index, quoted });
    addCode(content);
    index = closing;
    if (rest.trim() !== "") lines[index--] = rest;
  }

  for (; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const info = readFence(line)?.info;
    if (info !== undefined && isMarkdown(info)) wrappers++;
    else if (info === "" && wrappers > 0) wrappers--;
    else if (index < lastTildes && isTildes(line, true)) {
      const start = index++;
      while (!isTildes(lines[index] ?? "", false)) index++;
      addCode(lines.slice(start + 1, index));
    } else addLine(line);
  }
  return separated;
}

/** Markdown's other fence, which WhatsApp does not know; one that opens may name a language. */
function isTildes(line: string, opens: boolean): boolean {
  const text = line.trim();
  let tildes = 0;
  while (text[tildes] === "~") tildes++;
  const info = text.slice(tildes).trim();
  return tildes >= 3 && (info === "" || (opens && !/[~`\s]/.test(info)));
}

/** A line that is a fence and nothing else; `info` is what it says of its content. */
interface Fence {
  ticks: number;
  info: string;
}

function readFence(line: string): Fence | null {
  const text = line.trim();
  let ticks = 0;
  while (text[ticks] === "`") ticks++;
  const info = text.slice(ticks).trim();
  return ticks < 3 || info.includes("`") ? null : { ticks, info };
}

function isMarkdown(info: string): boolean {
  return /^(?:markdown|md)$/i.test(info);
}

/** The lines of an answer without the fence of Markdown around the whole of it, if there is one. */
function unwrapAnswer(lines: string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  const opening = readFence(lines[first] ?? "");
  const closing = readFence(lines[last] ?? "");
  if (!opening || !isMarkdown(opening.info) || closing?.info !== "") return lines;
  const content = lines.slice(first + 1, last);
  return endsInCode(content) ? lines : content;
}

/** Then the last fence closes that code and not the wrapper. */
function endsInCode(lines: string[]): boolean {
  let inCode = false;
  for (const line of lines) {
    const fence = readFence(line);
    if (fence) inCode = !inCode || fence.info !== "";
  }
  return inCode;
}
