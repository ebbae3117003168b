import type { ChatMessage } from "./wire.ts";
import { frames, type Language, languageOf, topics, withoutAccents } from "./phrases.ts";

const quoteLength = 48;

/** Answers every point of the newest customer turn, in its order and language. */
export function shopReply(messages: ChatMessage[]): string {
  const points = newestTurn(messages);
  const instructions = messages.filter(({ role }) => role === "system" || role === "developer");
  const otherwise = localeOf(instructions.map(({ text }) => text).join("\n"));
  const language = languageOf(points.join("\n"), otherwise);
  const { opening, closing, noted } = frames[language];
  const [only] = points;
  if (only === undefined) return closing;
  if (points.length === 1) {
    const answer = answerTo(only, language);
    return `${capitalized(answer ?? `“${quoted(only)}”: ${noted}`)}. ${closing}`.replace(
      /([!?😊💚📍📸])\./u,
      "$1",
    );
  }
  const lines = points.map((point, index) =>
    `${index + 1}. “${quoted(point)}”: ${answerTo(point, language) ?? noted}`
  );
  return [opening(points.length), ...lines, closing].join("\n");
}

/** What the customer said since the assistant's last word: one point a line, without list marks. */
export function newestTurn(messages: ChatMessage[]): string[] {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  return messages.slice(last + 1).filter(({ role }) => role === "user").flatMap(({ text }) =>
    text.split("\n")
  )
    .map((line) => line.replace(/^\s*(?:\d{1,2}[.)]|[-*•])\s+/, "").trim())
    .filter((line) => line !== "");
}

function answerTo(point: string, language: Language): string | null {
  const plain = withoutAccents(point);
  return topics.find(({ pattern }) => pattern.test(plain))?.answer[language] ?? null;
}

/** The language that the instructions fall back to, if they name a locale. */
function localeOf(instructions: string): Language {
  const named = /\b(pt|en|es)(?:-[A-Z]{2})\b/.exec(instructions)?.[1] ??
    /\bin (pt|en|es)\b/.exec(instructions)?.[1];
  return named === "en" || named === "es" ? named : "pt";
}

function quoted(point: string): string {
  const words = point.replace(/\[image\]/g, "📷").replace(/ \(-?[\d.]+, -?[\d.]+\)$/, "");
  const characters = [...words];
  return characters.length <= quoteLength ? words : characters.slice(0, quoteLength - 1).join("") + "…";
}

function capitalized(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("");
}
