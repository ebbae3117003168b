/** A function or a view of the database as the catalog has it. */
export interface SqlFunction {
  name: string;
  /** `view` for a view. */
  language: string;
  /** What stands between the dollar quotes, or behind `as`. */
  body: string;
}

/**
 * The body of a PL/pgSQL function with a pause before each statement, however deep, that reads or writes tables or the
 * clock. Functions it calls count with what they do, unless they pause themselves.
 */
export function withPauses(subject: SqlFunction, all: ReadonlyMap<string, SqlFunction>): string {
  let count = 0;
  let paused = "";
  let copied = 0;
  for (const { start, end } of statements(subject.body)) {
    const text = expanded(subject.body.slice(start, end), all);
    if (!/\bpublic\.|clock_timestamp|\bnow\(\)/.test(text)) continue;
    paused += `${subject.body.slice(copied, start)}perform test_pause.at('${subject.name}', ${++count}, '${
      lockedTables(text)
    }', '${tables(text)}'); `;
    copied = start;
  }
  return paused + subject.body.slice(copied);
}

const token = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|[A-Za-z_][\w.]*|\s+|[\s\S]/g;

/** Where each statement is; of one with a block, the part before the block. */
function* statements(body: string): Generator<{ start: number; end: number }> {
  let begun = false;
  let start = -1;
  let isTail = false;
  let depth = 0;
  for (const { 0: text, index } of body.matchAll(token)) {
    if (/^(\s|--|\/\*)/.test(text)) continue;
    const word = text.toLowerCase();
    if (!begun) {
      begun = word === "begin";
      continue;
    }
    if (start < 0 && !isTail) {
      if (word === "else" || word === "loop") continue;
      if (word === "end" || word === "elsif") isTail = true;
      else start = index;
    }
    if (word === "(" || word === "case") depth++;
    else if (word === ")" || (word === "end" && depth > 0)) depth--;
    else if (depth === 0 && (word === ";" || word === "then" || word === "loop")) {
      if (!isTail) yield { start, end: index };
      start = -1;
      isTail = false;
    }
  }
}

function expanded(text: string, all: ReadonlyMap<string, SqlFunction>): string {
  const called = [...text.matchAll(/\b(?:private|public)\.(\w+)\(/g)].map(([, name = ""]) => all.get(name));
  const rest = text
    .replaceAll(/\b(?:private|public)\.\w+\(/g, "(")
    .replaceAll(/\bprivate\.(\w+)/g, (whole, name: string) => {
      const view = all.get(name);
      return view?.language === "view" ? view.body : whole;
    });
  return called.reduce(
    (sum, callee) => callee?.language === "sql" ? `${sum} ${expanded(callee.body, all)}` : sum,
    rest,
  );
}

function lockedTables(text: string): string {
  if (!/\b(update|insert|delete)\b/i.test(text)) return "";
  return tables(text);
}

function tables(text: string): string {
  return [...new Set([...text.matchAll(/\bpublic\.(\w+)/g)].map(([, table]) => table))].sort().join();
}
