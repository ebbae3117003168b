import type { Answer } from "./answer.ts";
import { readContent } from "./content.ts";
import { fieldsOf, isFields, itemsOf, textOf } from "../json.ts";

/** A Chat Completion (https://platform.openai.com/docs/api-reference/chat/object), whole or in chunks. */
export function readChatAnswer(body: { values: unknown[]; isDone: boolean }): Answer | null {
  const values = body.values.map(fieldsOf);
  const said = wholeChoice(values) ?? joinedChunks(values, body.isDone);
  if (said === null) return null;
  const last = <T>(pick: (value: Record<string, unknown>) => T | null) =>
    values.map(pick).findLast((found) => found !== null) ?? null;
  return {
    ...said,
    model: last(({ model }) => textOf(model)),
    usage: last(({ usage }) => isFields(usage) ? usage : null),
  };
}

type Said = Pick<Answer, "text" | "refusal" | "finishReason">;

function choiceOf(value: Record<string, unknown>): Record<string, unknown> {
  const choices = itemsOf(value.choices).map(fieldsOf);
  return choices.find(({ index }) => index === 0 || index === undefined) ?? fieldsOf(choices[0]);
}

function wholeChoice(values: Record<string, unknown>[]): Said | null {
  const choice = values.map(choiceOf).find((choice) =>
    isFields(choice.message) || typeof choice.text === "string" ||
    (typeof choice.finish_reason === "string" && choice.delta === undefined)
  );
  if (choice === undefined) return null;
  const message = fieldsOf(choice.message);
  const content = readContent(message.content ?? choice.text);
  return content && {
    text: content.text,
    refusal: textOf(message.refusal) ?? content.refusal,
    finishReason: textOf(choice.finish_reason),
  };
}

function joinedChunks(values: Record<string, unknown>[], isDone: boolean): Said | null {
  const choices = values.filter(({ choices }) => itemsOf(choices).length > 0).map(choiceOf)
    .filter(({ delta }) => delta !== undefined);
  const joined: Said = { text: "", refusal: "", finishReason: null };
  for (const choice of choices) {
    const delta = fieldsOf(choice.delta);
    const content = readContent(delta.content);
    if (content === null) return null;
    joined.text += content.text;
    joined.refusal += (textOf(delta.refusal) ?? "") + content.refusal;
    joined.finishReason = textOf(choice.finish_reason) ?? joined.finishReason;
  }
  const isWhole = joined.finishReason !== null || isDone;
  return choices.length > 0 && isWhole ? joined : null;
}
