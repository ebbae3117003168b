import { isBlank, isWord } from "../text/characters.ts";
import { canBegin, canEnd, isMark, type Mark, marks, type Sides } from "../text/whatsapp_marks.ts";

/** A run of one mark, as Markdown writes emphasis. */
export interface Run extends Sides {
  kind: "run";
  mark: Mark;
  length: number;
  /** Whether nothing but white space stands before it on its line. */
  beginsLine: boolean;
  /** What was found out about it: the styles that begin or end with it, and whether it is no text then. */
  changes: readonly Change[];
  spent: boolean;
}

/** A style that begins or ends whatever stands beside it. */
export interface Change {
  mark: Mark;
  on: boolean;
}

export type Token =
  | Run
  | { kind: "text"; text: string }
  /** Code or an address. */
  | { kind: "fixed"; text: string }
  | { kind: "switch"; change: Change };

interface Opening {
  run: Run;
  style: Mark;
  insideWord: boolean;
}

/** The runs of a mark that are open: of each kind one at most. */
interface Open {
  single: Opening | null;
  double: Opening | null;
}

/**
 * Finds which runs of marks are emphasis, in one pass. `**` and `__` are bold and `~~` is strikethrough; single marks
 * mean what they mean in WhatsApp, and together with a double italic.
 */
export function resolveEmphasis(tokens: Token[]): void {
  const open: Record<Mark, Open> = { "*": noneOpen(), "_": noneOpen(), "~": noneOpen() };
  for (const token of tokens) {
    if (token.kind === "text") forgetAt(token.text, open);
    else if (token.kind === "run" && token.length <= (token.mark === "~" ? 2 : 3)) {
      resolve(token, open[token.mark]);
    }
  }
}

function resolve(run: Run, open: Open): void {
  const { mark, length } = run;
  if (length >= 2 && open.double && mayClose(run, "double")) open.double = close(open.double, run);
  if (length !== 2 && open.single && mayClose(run, "single")) open.single = close(open.single, run);
  if (run.spent || !mayOpen(run)) return;
  const insideWord = isWord(run.before);
  if (length >= 2) open.double = { run, style: mark === "~" ? mark : "*", insideWord };
  if (length !== 2) open.single = { run, style: length === 3 ? "_" : mark, insideWord };
  run.spent = isStray(run);
}

function close({ run, style }: Opening, closing: Run): null {
  run.spent = closing.spent = true;
  run.changes = [...run.changes, { mark: style, on: true }];
  closing.changes = [...closing.changes, { mark: style, on: false }];
  return null;
}

function noneOpen(): Open {
  return { single: null, double: null };
}

/** WhatsApp's styles end with their line, and emphasis inside a word with the word. */
function forgetAt(text: string, open: Record<Mark, Open>): void {
  const lineEnds = text.includes("\n");
  const wordEnds = lineEnds || text.includes(" ");
  if (!wordEnds) return;
  for (const mark of marks) {
    const ofMark = open[mark];
    if (ofMark.double?.insideWord) ofMark.double = null;
    if (lineEnds) ofMark.single = null;
  }
}

function mayClose(run: Run, kind: keyof Open): boolean {
  if (kind === "single" || run.mark === "_") return canEnd(run);
  // Models write `**Nome: **João`, which Markdown would not close.
  return !run.beginsLine && !(isBlank(run.before) && isBlank(run.after));
}

function mayOpen(run: Run): boolean {
  const { before, after = "", length, mark } = run;
  if (length === 1 || mark === "_") return canBegin(run);
  // `***.456.789-**` hides digits, `j***@x.br` letters, and `x**2` is a power.
  if (isBlank(after) || ".,;:)\uFE0F\u20E3".includes(after)) return false;
  return !isWord(before) || (length === 2 && isWord(after) && !/\d/.test(after));
}

/** Whether a run that nothing closes is left out: an answer that was cut off. Not where it would begin a block. */
function isStray({ length, before, after = "", beginsLine }: Run): boolean {
  if (length === 1 || isWord(before) || isMark(after)) return false;
  return !beginsLine || !"#>+=|•◦▪-".includes(after);
}
