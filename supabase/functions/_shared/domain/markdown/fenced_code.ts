import { backtickRuns, type Backticks, readBackticks } from "./code_spans.ts";

/** Known well enough to be left out although code may begin on the line of the fence. */
const languages = new Set(
  ("bash c cpp csharp css go html http ini java javascript js json kotlin php plaintext py python ruby rust sh shell " +
    "sql swift text toml ts txt typescript xml yaml yml").split(" "),
);

interface Fence extends Backticks {
  index: number;
  /** Whether the block stands in a quote, so that each of its lines begins with the quote's mark. */
  quoted: boolean;
}

/** The backticks of a line that begin a block of code, which goes on in the next lines. */
export function readOpening(line: string): Backticks | null {
  if (!line.includes("```")) return null;
  const unpaired = readBackticks(line).filter(({ code, ticks }) => !code && ticks >= 3);
  return unpaired.length === 1 ? unpaired[0] ?? null : null;
}

/** The content of a block, the index of the line that ends it, and what follows on that line. */
export function readFencedCode(lines: string[], fence: Fence) {
  const line = lines[fence.index] ?? "";
  const info = line.slice(fence.end).trim();
  const indent = line.slice(0, fence.start).trim() === "" ? fence.start : 0;
  const content: string[] = [];
  let rest = "";
  let onOwnLine = true;
  let index = fence.index + 1;
  for (; index < lines.length; index++) {
    const text = lineOfCode(lines[index] ?? "", { ...fence, indent });
    const closing = closingIn(text, fence.ticks);
    if (closing === undefined) content.push(text);
    else {
      const before = text.slice(0, closing.start);
      onOwnLine = before.trim() === "";
      if (!onOwnLine) content.push(before);
      rest = text.slice(closing.end);
      break;
    }
  }
  if (!isLanguage(info, onOwnLine)) content.unshift(info);
  return { content, closing: index, rest };
}

function lineOfCode(line: string, { quoted, indent }: { quoted: boolean; indent: number }): string {
  if (quoted) return line.replace(/^ {0,3}> ?/, "");
  let start = 0;
  while (start < indent && (line[start] === " " || line[start] === "\t")) start++;
  return line.slice(start);
}

/** A fence with a language at the beginning of a line opens another block, so it does not close this one. */
function closingIn(line: string, ticks: number) {
  if (!line.includes("```")) return undefined;
  return backtickRuns(line).find((run) =>
    run.ticks >= ticks && (line.slice(0, run.start).trim() !== "" || !isWord(line.slice(run.end).trimEnd()))
  );
}

function isWord(info: string): boolean {
  return /^[A-Za-z][\w+#.-]{0,30}$/.test(info);
}

function isLanguage(info: string, onOwnLine: boolean): boolean {
  if (info === "" || languages.has(info.toLowerCase())) return true;
  if (isWord(info)) return onOwnLine;
  const space = info.indexOf(" ");
  return space > 0 && isWord(info.slice(0, space)) && /[={]/.test(info);
}

/** Code in WhatsApp's fences, in which no other fence is left; none for blank code. */
export function fenced(content: string[]): string | null {
  const first = content.findIndex((line) => line.trim() !== "");
  if (first < 0) return null;
  const last = content.findLastIndex((line) => line.trim() !== "");
  const code = content.slice(first, last + 1).map((line) => line.replace(/`{3,}/g, "'''")).join("\n");
  return "```\n" + code + "\n```";
}
