const symbolsOfEmoji = /[\uFE0F\u20E3]/;
const word = /[\p{L}\p{N}\p{M}]/u;
const asciiWord = asciiTable(/[A-Za-z0-9]/);
const asciiPunctuation = asciiTable(/[!-/:-@[-`{-~]/);

/** Regular expressions are slow for one character, and every character of a reply is asked about. */
function asciiTable(pattern: RegExp): boolean[] {
  return Array.from({ length: 128 }, (_, code) => pattern.test(String.fromCharCode(code)));
}

/** White space as `trim()` knows it. Nothing, before the beginning or after the end, counts as blank. */
export function isBlank(char: string | undefined): boolean {
  if (char === undefined || char === "") return true;
  const code = char.charCodeAt(0);
  if (code < 128) return code === 32 || (code >= 9 && code <= 13);
  return char.trim() === "";
}

/** A letter, a digit or an accent on one: what a WhatsApp mark may not touch from outside. */
export function isWord(char: string | undefined): boolean {
  if (char === undefined || char === "") return false;
  const code = char.charCodeAt(0);
  // A digit with U+FE0F and U+20E3 is a keycap: an emoji, although both are combining marks.
  return asciiWord[code] ?? (word.test(char) && !symbolsOfEmoji.test(char));
}

/** `A` to `Z`, `a` to `z` and the ten digits. */
export function isAsciiWord(char: string): boolean {
  return asciiWord[char.charCodeAt(0)] === true;
}

/** One of the 32 characters that a backslash escapes in Markdown. */
export function isPunctuation(char: string): boolean {
  return asciiPunctuation[char.charCodeAt(0)] === true;
}

/** Whether a reader sees anything of the text: not only blanks, controls, joiners, fillers and lone accents. */
export function isVisible(text: string): boolean {
  return /[^\s\p{Cc}\p{Cf}\p{Cs}\p{M}\p{Default_Ignorable_Code_Point}\u2800]|\u20E3/u.test(text);
}

const graphemes = new Intl.Segmenter();

/** Whether a character belongs to the one before it, as an accent does; a blank bears one too. */
export function isExtending(text: string, at: number): boolean {
  // Nothing before U+0300 does.
  return text.charCodeAt(at) >= 0x300 &&
    /^[\p{M}\p{Emoji_Modifier}\p{Grapheme_Extend}\u200D]/u.test(text.slice(at, at + 2));
}

/**
 * The last index, at most `room` UTF-16 units after `start`, where no grapheme is cut: what people see as a character,
 * an emoji of many code points too. Only one longer than `room` is cut, and then not inside a code point.
 */
export function endOfGrapheme(text: string, { start, room }: { start: number; room: number }): number {
  if (text.length - start <= room) return text.length;
  // What follows decides whether a grapheme ends; no more of it than this is looked at.
  const length = graphemes.segment(text.slice(start, start + 2 * room)).containing(room)?.index ?? room;
  if (length > 0) return start + length;
  const cutsPair = /[\uD800-\uDBFF]/.test(text.charAt(start + room - 1));
  return start + (cutsPair ? room - 1 : room);
}

/** At most `limit` UTF-16 units of a text, cut between graphemes. */
export function cutAtGrapheme(text: string, limit: number): string {
  return text.slice(0, endOfGrapheme(text, { start: 0, room: limit }));
}
