import type { ModelResult, ModelUsage } from "../../app/ports/model.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { Body } from "../body.ts";
import { isVisible } from "../../domain/text/characters.ts";
import { cutAt, storableText } from "../../runtime/storable_text.ts";
import { endWhole } from "./cut_off.ts";
import { failed, failedBy } from "../failures/failure.ts";
import { fieldsOf, isFields, itemsOf, textOf } from "../json.ts";
import { withoutOwnMarks } from "../own_marks.ts";
import { errorWithin } from "../failures/provider_error.ts";
import { withoutTemplateMarks } from "./template_marks.ts";
import { withoutThoughts } from "./thoughts.ts";
import { usageOf } from "./usage.ts";

/** One call to the model, as far as its answer does not tell. */
export interface Call {
  model: string;
  latencyMs: number;
  requestId: string | null;
  retryAfterMs: number | null;
}

/** Reads a body that came with status 2xx. Tokens are booked whatever the answer was worth. */
export function readReply(body: Body, call: Call): ModelResult {
  const { requestId, retryAfterMs } = call;
  if (body.kind === "words") return failed("malformed_answer", { requestId, detail: unreadable(body.words) });
  const error = errorWithin(body.values);
  if (error !== null) return failedBy(error, { requestId, retryAfterMs, usage: booked(body.values, call) });
  const answer = readAnswer(body);
  if (answer !== null) return judged(answer, call);
  const detail = unreadable(JSON.stringify(body.values));
  const malformed = failed("malformed_answer", { requestId, detail, usage: booked(body.values, call) });
  return { ...malformed, remedy: body.values.some(isWholeAnswer) ? "retry" : malformed.remedy };
}

/** What was counted beside something that is no answer. */
function booked(values: unknown[], call: Call): ModelUsage | null {
  const counting = values.map(fieldsOf).map((value) => isFields(value.response) ? value.response : value)
    .findLast(({ usage }) => isFields(usage));
  return counting === undefined
    ? null
    : usageOf({ model: textOf(counting.model), usage: counting.usage }, call);
}

/** Of the shape of an answer: a model was asked, and the turn may be why nothing in it can be read. */
function isWholeAnswer(value: unknown): boolean {
  const { choices, output } = fieldsOf(value);
  const isChunk = itemsOf(choices).some((choice) => fieldsOf(choice).delta !== undefined);
  return !isChunk && (choices !== undefined || output !== undefined);
}

/** A detail without what the model said so far: that is for the customer, not for a log. */
function unreadable(words: string): string {
  const shape = words.replace(/"(content|text|value|delta|output_text)":\s*"(?:[^"\\]|\\.)*"?/g, '"$1":"…"');
  return `the answer is no completion: ${cutAt(shape, 300)}`;
}

function judged(answer: Answer, call: Call): ModelResult {
  const usage = usageOf(answer, call);
  const rest = { requestId: call.requestId, usage };
  const finishReason = answer.finishReason && cutAt(storableText(answer.finishReason), 100);
  const ending = endingOf(answer.finishReason ?? "");
  if (ending === "filtered" || answer.refusal !== "") {
    return failed("content_refused", { ...rest, detail: answer.refusal || (finishReason ?? "") });
  }
  if (ending === "failed") {
    return failedBy(
      { status: null, codes: [finishReason ?? ""], words: "the answer was not finished" },
      rest,
    );
  }
  const text = sayable(answer.text);
  if (!isVisible(text)) {
    const what = isVisible(answer.text) ? "thoughts or marks alone" : "empty answer";
    return failed("empty_answer", { ...rest, detail: `${what} (${finishReason ?? "no reason"})` });
  }
  return { kind: "reply", body: ending === "cut_off" ? endWhole(text) : text, finishReason, ...rest };
}

/** What of a model's text is meant for the customer. */
function sayable(text: string): string {
  return withoutOwnMarks(withoutTemplateMarks(withoutThoughts(storableText(text)))).trim();
}

/** Servers have their own words for why an answer ended; one that is not known here ended well. */
function endingOf(reason: string): "well" | "cut_off" | "filtered" | "failed" {
  if (/^(?:length|max_?(?:output_?|completion_?)?tokens|model_length|incomplete)$/i.test(reason)) {
    return "cut_off";
  }
  if (
    /content_?filter|safety|sensitive|prohibited|blocklist|blocked|recitation|spii|guardrail|moderat|refus|policy/i
      .test(reason)
  ) {
    return "filtered";
  }
  const isFailure =
    /error|fail|abort|cancel|time_?d?_?out|network|insufficient|overload|unavailable|rate_?limit|interrupt|exceeded|malformed|quota|^other$|in_progress|queued/i;
  return isFailure.test(reason) ? "failed" : "well";
}
