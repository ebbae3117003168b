export interface SqlStatement {
  text: string;
  /** Where it begins, from 1. */
  line: number;
}

// Strings, quoted names, dollar-quoted bodies and comments may hold a semicolon; a bare one ends a statement.
const comment = /--[^\n]*|\/\*[\s\S]*?\*\//;
const escapeString = /(?<!\w)[eE]'(?:[^'\\]|\\[\s\S]|'')*'/;
const string = /'(?:[^']|'')*'/;
const name = /"[^"]*"/;
const body = /(?<![\w$])\$((?:[A-Za-z_]\w*)?)\$[\s\S]*?\$\1\$/;
const token = new RegExp(
  [comment, escapeString, string, name, body, /;/].map(({ source }) => source).join("|"),
  "g",
);
const leading = new RegExp(`^(?:\\s|${comment.source})+`);

/** The statements of a file, without their semicolons and the comments before them. */
export function sqlStatements(file: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let start = 0;
  const cut = (end: number) => {
    const raw = file.slice(start, end);
    const offset = raw.match(leading)?.[0].length ?? 0;
    const text = raw.slice(offset).trimEnd();
    if (text !== "") statements.push({ text, line: lineAt(file, start + offset) });
    start = end + 1;
  };
  for (const { 0: found, index } of file.matchAll(token)) {
    if (found === ";" && !isInsideAtomicBody(file.slice(start, index))) cut(index);
  }
  cut(file.length);
  return statements;
}

/** The line, from 1, of an offset, from 0. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function isInsideAtomicBody(statement: string): boolean {
  return /\bbegin\s+atomic\b/i.test(statement) && !/\bend\s*$/i.test(statement);
}
