/** A run of backticks, or two of one length with what stands between them. */
export interface Backticks {
  start: number;
  end: number;
  /** How many backticks a run has. */
  ticks: number;
  /** False for a run that nothing closes. */
  code: boolean;
}

/** The backticks of a line, paired as in Markdown: the next run of the same length closes. */
export function readBackticks(line: string): Backticks[] {
  const runs = backtickRuns(line);
  const partners = nextOfSameLength(runs);
  const found: Backticks[] = [];
  for (let index = 0; index < runs.length; index++) {
    const run = runs[index];
    if (run === undefined) break;
    const partner = partners[index];
    const closing = partner === undefined ? undefined : runs[partner];
    if (partner !== undefined && closing !== undefined) {
      found.push({ ...run, end: closing.end, code: true });
      index = partner;
    } else found.push({ ...run, code: false });
  }
  return found;
}

type Run = Omit<Backticks, "code">;

/** Every run of backticks of a line, in order, whether it is paired or not. */
export function backtickRuns(line: string): Run[] {
  const runs: Run[] = [];
  let start = line.indexOf("`");
  while (start >= 0) {
    let end = start + 1;
    while (line[end] === "`") end++;
    runs.push({ start, end, ticks: end - start });
    start = line.indexOf("`", end);
  }
  return runs;
}

function nextOfSameLength(runs: Run[]): (number | undefined)[] {
  const next: (number | undefined)[] = new Array(runs.length);
  const seen = new Map<number, number>();
  for (let index = runs.length - 1; index >= 0; index--) {
    const ticks = runs[index]?.ticks ?? 0;
    next[index] = seen.get(ticks);
    seen.set(ticks, index);
  }
  return next;
}

/** Code as WhatsApp knows it, between one backtick or three, with none inside. Empty when the code is. */
export function formatCode(content: string, ticks: number): string {
  const code = content.replaceAll("`", "'").trim();
  const fence = ticks >= 3 ? "```" : "`";
  return code === "" ? "" : fence + code + fence;
}
