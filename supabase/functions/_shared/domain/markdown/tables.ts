import { isVisible } from "../text/characters.ts";

/** The row between a table's head and body, `|---|:-:|`. */
export function isDelimiterRow(line: string): boolean {
  return line.includes("-") && line.includes("|") && /^[\s|:-]+$/.test(line);
}

/** `| a | b |`: a row even where no delimiter row says that there is a table. */
export function isFramedRow(line: string): boolean {
  const text = line.trim();
  return text.length > 2 && text.startsWith("|") && text.endsWith("|");
}

/** The cells of a row, trimmed, without the empty ones outside its frame. */
export function readCells(row: string): string[] {
  const cells = row.trim().split("|");
  if (cells[0] === "") cells.shift();
  if (cells.at(-1) === "") cells.pop();
  return cells.map((cell) => cell.trim());
}

/** Longer names of columns are not said again for each row, so that a table cannot grow without measure. */
const longestName = 40;

/** Markdown's cells; `head` is empty where there is none. */
export interface Table {
  head: string[];
  body: string[][];
}

/**
 * A table as a heading and a list of its rows, `- Pão: R$ 1,00`. Where a row has more than two cells, each is told by
 * the name of its column, if it is short.
 */
export function tableAsList({ head, body }: Table): string[] {
  const wide = head.length > 2 && head.every((name) => name.length <= longestName);
  const rows = body.filter((cells) => isVisible(cells.join("")));
  const title = joined(wide && rows.length > 0 ? head.slice(0, 1) : head);
  const items = rows.map((cells) => `- ${wide ? named(cells, head) : joined(cells)}`);
  return title === "" ? items : [`# ${title}`, ...items];
}

function joined([first = "", ...others]: string[]): string {
  const rest = others.filter((cell) => cell !== "").join("; ");
  if (first === "" || rest === "") return first + rest;
  return first.endsWith(":") ? `${first} ${rest}` : `${first}: ${rest}`;
}

function named([first = "", ...others]: string[], head: string[]): string {
  const columns = others.map((cell, index) => {
    const name = head[index + 1] ?? "";
    return name === "" ? cell : joined([name, cell || "–"]);
  });
  const rest = columns.filter((column) => column !== "").join("; ");
  return first === "" || rest === "" ? first + rest : `${first} – ${rest}`;
}
