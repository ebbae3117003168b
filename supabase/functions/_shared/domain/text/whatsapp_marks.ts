import { isBlank, isWord } from "./characters.ts";

/** Bold, italic and strikethrough (https://faq.whatsapp.com/539178204879377). None of them reaches past its line. */
export type Mark = "*" | "_" | "~";

export const marks: readonly Mark[] = ["*", "_", "~"];

/** The characters on both sides of a mark; undefined at the beginning and the end of the text. */
export interface Sides {
  before: string | undefined;
  after: string | undefined;
}

/** Whether the character is one of the three marks, wherever it stands. */
export function isMark(char: string | undefined): char is Mark {
  return char === "*" || char === "_" || char === "~";
}

/** Whether WhatsApp takes a single mark between these for the beginning of a style. `*️⃣` is an emoji. */
export function canBegin({ before, after }: Sides): boolean {
  return !isWord(before) && !isBlank(after) && after !== "\uFE0F" && after !== "\u20E3";
}

/** Whether WhatsApp takes a single mark between these for the end of a style. */
export function canEnd({ before, after }: Sides): boolean {
  return !isBlank(before) && !isWord(after);
}
