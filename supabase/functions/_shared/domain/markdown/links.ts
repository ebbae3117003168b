import { isWord } from "../text/characters.ts";
import type { Token } from "./emphasis.ts";
import { readDestination, writeDestination } from "./link_destination.ts";

/** What stands for the text from where it is found to `end`. */
export interface Replacement {
  tokens: Token[];
  end: number;
}

const nothing: ReadonlyMap<number, Replacement> = new Map();

/**
 * What is to be replaced where links, images, references and footnotes begin and end, by its index: `[site](address)`
 * is `site (address)` to a reader. Every label is followed to its own bracket once.
 */
export function readLinks(source: string): ReadonlyMap<number, Replacement> {
  if (!/\][([:]|\[\^/.test(source)) return nothing;
  const found = new Map<number, Replacement>();
  const opened: number[] = [];
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === "`") at = Math.max(at, source.indexOf("`", at + 1));
    else if (char === "[") opened.push(at);
    else if (char === "]") {
      const open = opened.pop();
      const link = open === undefined ? null : readLink(source, { open, close: at });
      if (open === undefined || link === null) continue;
      const begin = source[open - 1] === "!" && !isWord(source[open - 2]) ? open - 1 : open;
      found.set(begin, { tokens: text(link.before), end: link.withoutLabel ? at : open + 1 + link.skipped });
      found.set(at, { tokens: link.tokens, end: link.end });
      at = link.end - 1;
    }
  }
  return found;
}

interface Link {
  /** What stands for the opening bracket and the characters of the label that are left out with it. */
  before: string;
  skipped: number;
  withoutLabel: boolean;
  /** What stands for all from the closing bracket to `end`. */
  tokens: Token[];
  end: number;
}

interface Brackets {
  open: number;
  close: number;
}

function readLink(source: string, brackets: Brackets): Link | null {
  const { open, close } = brackets;
  const next = source[close + 1];
  if (next === "(") return readInlineLink(source, brackets);
  if (source[open + 1] === "^" && close > open + 2) return readFootnote(source, brackets);
  if (next === ":") return readDefinition(source, brackets);
  return next === "[" ? readReference(source, brackets) : null;
}

function readInlineLink(source: string, { open, close }: Brackets): Link | null {
  const destination = readDestination(source, close + 2);
  if (destination === null) return null;
  const isImage = source[open - 1] === "!";
  const afterWord = !isImage && isWord(source[open - 1]);
  // `list[0](1)` is no link.
  if (afterWord && !/[./@:+]/.test(destination.address)) return null;
  const { withoutLabel, tokens } = writeDestination(source.slice(open + 1, close), { destination, source });
  return {
    before: withoutLabel && afterWord ? " " : "",
    skipped: 0,
    withoutLabel,
    tokens,
    end: destination.end,
  };
}

/** `[^1]` in the text, `[^1]: …` before the note. */
function readFootnote(source: string, { open, close }: Brackets): Link {
  const isNote = source[close + 1] === ":" && beginsLine(source, open);
  return { before: "[", skipped: 1, withoutLabel: false, tokens: text("]"), end: close + (isNote ? 2 : 1) };
}

/** `[1]: https://…`, to which `[site][1]` refers. */
function readDefinition(source: string, { open, close }: Brackets): Link | null {
  const isAddress = /^\s+https?:\/\//.test(source.slice(close + 2, close + 12));
  if (!isAddress || !beginsLine(source, open)) return null;
  return { before: "[", skipped: 0, withoutLabel: false, tokens: text("]"), end: close + 2 };
}

/** `[site][1]`, which is `site [1]`, and `[site][]`. */
function readReference(source: string, { open, close }: Brackets): Link | null {
  const length = source.slice(close + 2, close + 42).indexOf("]");
  const label = source.slice(open + 1, Math.min(close, open + 81));
  if (length < 0 || isWord(source[open - 1]) || !/\p{L}/u.test(label)) return null;
  const rest = length === 0 ? { tokens: [], end: close + 3 } : { tokens: text(" "), end: close + 1 };
  return { before: "", skipped: 0, withoutLabel: false, ...rest };
}

function beginsLine(source: string, at: number): boolean {
  return at === 0 || source[at - 1] === "\n";
}

function text(text: string): Token[] {
  return text === "" ? [] : [{ kind: "text", text }];
}
