import { endOfGrapheme, isBlank, isExtending } from "./characters.ts";

/** Stops of Latin, Arabic, Urdu, Hindi and Chinese; those of Chinese need no space behind them. */
const stops = /[.!?…؟۔।。！？]/;
const wideStops = /[。！？]/;
const widePauses = /[，、；：]/;
/** What may stand between a stop and the space behind it. */
const afterStop = /["'”’»」』)\]*_~]/;

/** How full a part must be for the end of a paragraph or a line, or of a sentence, to be worth it. */
const leastForLine = 0.4;
const leastForSentence = 0.3;

/** A stretch of a text that has more than `room` units left at `start`. */
interface Stretch {
  start: number;
  room: number;
}

/**
 * Where a part that begins at `start` may end: after a paragraph, a line, a sentence or a word, whichever is best and
 * leaves the part well filled. A number with its spaces and the marker of an item with the item stay together where
 * another end is left; a word is cut, between two graphemes, only where it is longer than the part.
 */
export function endOfPart(text: string, { start, room }: Stretch): number {
  let [newline, line, sentence, word, inside] = [0, 0, 0, 0, 0];
  for (let length = room; length > 0; length--) {
    const at = start + length;
    const filled = length / room;
    if (!isBreak(text, at)) {
      newline = 0;
      if (filled >= leastForSentence && endsWide(text, at, wideStops)) sentence ||= length;
      else if (endsWide(text, at, widePauses)) word ||= length;
    } else if (text.charAt(at) === "\n") {
      if (newline > 0 && filled >= leastForLine) return at;
      newline = length;
      if (filled >= leastForLine) line ||= length;
      word ||= length;
    } else if (isInsideNumber(text, at)) inside ||= length;
    else if (!endsMarker(text, at)) {
      if (filled >= leastForSentence && endsSentence(text, at)) sentence ||= length;
      word ||= length;
    }
    if (word + inside > 0 && filled < leastForSentence) break;
  }
  const length = line || sentence || word || inside;
  // One code point at least, so that every part is a step forward.
  return length > 0 ? start + length : Math.max(endOfGrapheme(text, { start, room }), start + 1);
}

/** Whether white space at `at` may stand between two parts; not where it bears an accent. */
export function isBreak(text: string, at: number): boolean {
  return isBlank(text.charAt(at)) && !isExtending(text, at + 1);
}

function endsSentence(text: string, end: number): boolean {
  let last = end - 1;
  while (end - last < 8 && afterStop.test(text.charAt(last))) last--;
  return stops.test(text.charAt(last));
}

function endsWide(text: string, end: number, marks: RegExp): boolean {
  if (text.charCodeAt(end - 1) < 0x3000 || !marks.test(text.charAt(end - 1))) return false;
  const next = text.charAt(end);
  return !stops.test(next) && !afterStop.test(next) && !isExtending(text, end);
}

/** As in `R$ 1 500` and `+55 (11) 98765`. */
function isInsideNumber(text: string, at: number): boolean {
  return /[\d(]/.test(text.charAt(at + 1)) && /[\d$€£)]/.test(text.charAt(at - 1));
}

/** Whether an item's text begins behind the blank at `at`. */
function endsMarker(text: string, at: number): boolean {
  return /(?:^|\n)[ \t]*(?:> ?)?(?:(?:[-•]|\d{1,9}[.)])(?: [☐☑])?|>)$/.test(
    text.slice(Math.max(0, at - 20), at),
  );
}
