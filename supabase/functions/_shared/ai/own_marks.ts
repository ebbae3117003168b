import type { Author } from "../domain/turn.ts";

/** How the model is shown who of our side wrote a line, when it was not the model. */
export const authorMarks: Record<Author, string> = {
  customer: "",
  assistant: "",
  operator: "[human colleague]",
  system: "[automatic notice]",
};

const mark = String.raw`\[[ \t]*(?:human colleague|automatic notice)[ \t]*\]`;
const imitated = new RegExp(
  // The bullet or emphasis that a line begins with stays; emphasis around the mark itself goes with it.
  String.raw`^([ \t]*(?:[-•>][ \t]+)?[*_]{0,3}?)(?:(?:${mark}|([*_]{1,3})${mark}:?\2)[ \t]*:?[ \t]*)+`,
  "gim",
);

/** A reply without the marks at the start of its lines: a model that has seen them writes them too. */
export function withoutOwnMarks(text: string): string {
  return text.replace(imitated, "$1");
}
