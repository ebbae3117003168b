import { isWord } from "../text/characters.ts";
import type { Mark } from "../text/whatsapp_marks.ts";
import type { Change, Token } from "./emphasis.ts";

interface Style {
  mark: Mark;
  /** Orders the styles of a text: the one that began first is the outer one. */
  since: number;
  /** How often it has begun and not ended. */
  depth: number;
}

/** A stretch of text. */
interface Piece {
  text: string;
  /** Code or an address: it bears no style, for a mark that touches it would become part of it. */
  fixed: boolean;
  styles: readonly Style[];
}

/** Text without white space at its ends; `gap` is what stands before it. */
interface Word {
  gap: string;
  text: string;
  styles: readonly Style[];
}

/** For each style the words that are shown in it, each with the last word of its stretch, by their indices. */
type Stretches = Record<Mark, Map<number, number>>;

/**
 * The tokens with WhatsApp's marks, which stand directly at the text and end with each line. A style that WhatsApp
 * would not show where it stands, as inside a word, is left out. `bold` is for a heading.
 */
export function writeStyles(tokens: Token[], options: { bold?: boolean } = {}): string {
  const { words, end } = separateGaps(stylePieces(tokens, options));
  const shown = {
    "*": readStretches(words, "*"),
    "_": readStretches(words, "_"),
    "~": readStretches(words, "~"),
  };
  let written = "";
  let open: Mark[] = [];
  let before = "";
  words.forEach(({ gap, text, styles }, index) => {
    const wanted = styles.length === 0 ? [] : outerFirst(styles, { index, shown });
    const kept = gap.includes("\n") ? [] : stillOpen(open, wanted);
    const begun = wanted.filter((mark) => !kept.includes(mark));
    written += closing(open, kept.length) + gap + begun.join("");
    // Two codes that touch would be read as one.
    written += gap === "" && text.startsWith("`") && before.endsWith("`") ? ` ${text}` : text;
    open = [...kept, ...begun];
    before = text;
  });
  return written + closing(open, 0) + end;
}

/** Marks are nested: one that ends takes those inside it along. */
function stillOpen(open: Mark[], wanted: Mark[]): Mark[] {
  const ended = open.findIndex((mark) => !wanted.includes(mark));
  return ended < 0 ? open : open.slice(0, ended);
}

function closing(open: Mark[], kept: number): string {
  return open.length === kept ? "" : open.slice(kept).reverse().join("");
}

function outerFirst(styles: readonly Style[], { index, shown }: { index: number; shown: Stretches }): Mark[] {
  const last = ({ mark }: Style) => shown[mark].get(index) ?? -1;
  const outer = (one: Style, other: Style) => last(other) - last(one) || one.since - other.since;
  return styles.filter((style) => last(style) >= 0).sort(outer).map(({ mark }) => mark);
}

function separateGaps(pieces: Piece[]): { words: Word[]; end: string } {
  const words: Word[] = [];
  let gap = "";
  for (const { text, styles } of pieces) {
    for (const part of styles.length === 0 || !text.includes("\n") ? [text] : text.split(/(?<=\n)/)) {
      const word = part.trim();
      if (word === "") gap += part;
      else {
        const start = part.length - part.trimStart().length;
        words.push({ gap: gap + part.slice(0, start), text: word, styles });
        gap = part.slice(start + word.length);
      }
    }
  }
  return { words, end: gap };
}

function readStretches(words: Word[], mark: Mark): Map<number, number> {
  const stretches = new Map<number, number>();
  for (let first = 0; first < words.length; first++) {
    if (!bears(words[first], mark)) continue;
    let last = first;
    while (bears(words[last + 1], mark) && !words[last + 1]?.gap.includes("\n")) last++;
    if (canStand(words, { first, last, mark })) {
      for (let index = first; index <= last; index++) stretches.set(index, last);
    }
    first = last;
  }
  return stretches;
}

function bears(word: Word | undefined, mark: Mark): boolean {
  return word !== undefined && word.styles.length > 0 && word.styles.some((style) => style.mark === mark);
}

function canStand(
  words: Word[],
  { first, last, mark }: { first: number; last: number; mark: Mark },
): boolean {
  const begins = words[first]?.text.charAt(0);
  const ends = words[last]?.text.at(-1);
  const before = words[first]?.gap === "" ? words[first - 1]?.text.at(-1) : undefined;
  const next = words[last + 1];
  const after = next?.gap === "" ? next.text.charAt(0) : undefined;
  if (begins === mark || ends === mark || before === mark || after === mark || isWord(before)) return false;
  if (next === undefined || !isWord(after)) return true;
  if (isWord(ends)) return false;
  // Models write `**Nota:**texto`.
  next.gap = " ";
  return true;
}

/** The text of the tokens, each stretch with its styles; for a heading, bold from the beginning. */
function stylePieces(tokens: Token[], { bold = false } = {}): Piece[] {
  let styles: readonly Style[] = bold ? [{ mark: "*", since: -1, depth: 1 }] : [];
  const pieces: Piece[] = [];
  tokens.forEach((token, since) => {
    if (token.kind === "switch") styles = changed(styles, { ...token.change, since });
    else if (token.kind === "run") {
      for (const change of token.changes) styles = changed(styles, { ...change, since });
      if (!token.spent) addText(pieces, { text: token.mark.repeat(token.length), styles });
    } else if (token.kind === "text") addText(pieces, { text: token.text, styles });
    else pieces.push({ text: token.text, fixed: true, styles: [] });
  });
  return pieces;
}

function addText(pieces: Piece[], { text, styles }: { text: string; styles: readonly Style[] }): void {
  const last = pieces.at(-1);
  if (last && !last.fixed && last.styles === styles) last.text += text;
  else if (text !== "") pieces.push({ text, fixed: false, styles });
}

function changed(
  styles: readonly Style[],
  { mark, on, since }: Change & { since: number },
): readonly Style[] {
  const style = styles.find((style) => style.mark === mark);
  if (!style) return on ? [...styles, { mark, since, depth: 1 }] : styles;
  const depth = style.depth + (on ? 1 : -1);
  const others = styles.filter((other) => other !== style);
  return depth === 0 ? others : [...others, { mark, since: style.since, depth }];
}
