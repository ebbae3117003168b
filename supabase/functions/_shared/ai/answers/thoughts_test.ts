import assert from "node:assert/strict";
import { withoutThoughts } from "./thoughts.ts";

const kept = "Sim, temos pão!";
const plan = "The customer wants bread.\nI <b>must</b> say yes.";

const answered: [string, string][] = [
  ["closed", `<think>\n${plan}\n</think>\n\n${kept}`],
  ["in capitals, with attributes and blanks", `<Think type="deep">${plan}</ think >${kept}`],
  ["by other names", `<thinking>${plan}</thinking><reasoning>${plan}</reasoning>${kept}`],
  ["of a family", `<seed:think>${plan}</seed:think>${kept}`],
  ["closed by another name", `<think>${plan}</thinking>${kept}`],
  ["empty", `<think>\n\n</think>\n\n${kept}`],
  ["opened in the prompt", `${plan}\n</think>\n\n${kept}`],
  ["opened in the prompt, closed as MiniMax does", `${plan}</mm:think>${kept}`],
  ["one within another", `<think>${plan}<think>${plan}</think>${plan}</think>${kept}`],
  ["one after another", `<think>${plan}</think><think>${plan}</think>${kept}`],
  ["after the answer", `${kept}<think>${plan}</think>`],
  ["after the answer, cut off", `${kept}\n<think>${plan}`],
  ["escaped", `&lt;think&gt;${plan}&lt;/think&gt;${kept}`],
  ["and the torn tag of one", `${kept}\n<thin`],
  ["as Magistral writes them", `[THINK]${plan}[/THINK]${kept}`],
  ["as Kimi writes them", `◁think▷${plan}◁/think▷${kept}`],
  ["as Cohere writes them", `<|START_THINKING|>${plan}<|END_THINKING|>${kept}`],
  ["in words of their own", `<|begin_of_thought|>${plan}<|end_of_thought|>${kept}`],
  ["as Gemma writes them", `<|channel>thought\n${plan}<channel|>${kept}`],
  ["as MedGemma writes them", `<unused94>thought\n${plan}<unused95>${kept}`],
  ["with the server's tokens left out", `analysis${plan}assistantfinal${kept}`],
];

for (const [what, text] of answered) {
  Deno.test(`withoutThoughts() leaves the answer: ${what}`, () => {
    assert.equal(withoutThoughts(text).trim(), kept);
  });
}

const unanswered: [string, string][] = [
  ["cut off", `<think>\n${plan}`],
  ["closed, and nothing after", `<think>${plan}</think>`],
  ["opened in the prompt, and nothing after", `${plan}</think>\n`],
  ["closed, then thought on", `<think>${plan}</think>\n<think>${plan}`],
  ["cut off, as Magistral", `[THINK]${plan}`],
  ["cut off, with the server's tokens left out", `analysis${plan}`],
];

for (const [what, text] of unanswered) {
  Deno.test(`withoutThoughts() of thoughts alone leaves nothing: ${what}`, () => {
    assert.equal(withoutThoughts(text).trim(), "");
  });
}

Deno.test("withoutThoughts() leaves what only looks alike", () => {
  for (
    const text of [
      "I think so <3",
      "2 < think > 1?",
      "analysis follows",
      "Write `<think>` first.",
      "<thinker>",
      "a <b>think</b>",
    ]
  ) {
    assert.equal(withoutThoughts(text), text);
  }
});

Deno.test("withoutThoughts() takes a runaway text without delay", () => {
  assert.equal(withoutThoughts("<think>".repeat(50_000)), "");
  assert.equal(withoutThoughts(`${"<think>a</think>".repeat(20_000)}ok`), "ok");
  assert.equal(withoutThoughts("< ".repeat(100_000)).length, 200_000);
});
