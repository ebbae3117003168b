/** An end of a sentence, with the quotes and marks that close it. */
const sentenceEnd = /[.!?…؟।]["”’»')\]*_~]*(?=\s|$)|[。！？]["”』」）]*/gu;

/** A dot that ends no sentence: a number of a list, an initial, an abbreviation. */
const noEnd =
  /(?:(?:^|\n)[ \t]*\d{1,3}|(?:^|[^\p{L}])(?:\p{Lu}|Sra?|Srta|Dra?|Av|Prof|Mr|Mrs|Ms|St|Ex|tel))\.$/u;

/**
 * A text that was cut off by its length, up to its last whole sentence; where that would lose more than two thirds, up to
 * its last whole word and "…".
 */
export function endWhole(text: string): string {
  const whole = text.trimEnd();
  let end = 0;
  for (const { 0: mark, index } of whole.matchAll(sentenceEnd)) {
    const isEnd = !mark.startsWith(".") || !noEnd.test(whole.slice(Math.max(0, index - 8), index + 1));
    if (isEnd) end = index + mark.length;
  }
  if (end > 0 && end >= whole.length / 3) return whole.slice(0, end);
  const lastWord = whole.search(/\s\S*$/);
  const words = lastWord > 0 ? whole.slice(0, lastWord) : whole;
  return `${words.replace(/(?:^|\n)[ \t]*\d{1,3}[.)]$/, "").replace(/[\s.,;:([{"“«¿¡*•–—-]+$/, "")}…`;
}
