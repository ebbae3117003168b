import assert from "node:assert/strict";
import { withoutTemplateMarks } from "./template_marks.ts";

const kept = "Abrimos das 6h às 20h.";

const marked: [string, string][] = [
  ["ChatML's end", `${kept}<|im_end|>`],
  ["ChatML's end, cut off", `${kept}<|im_en`],
  ["Gemma's end", `${kept}<end_of_turn>\n`],
  ["Gemma's end, misspelt", `${kept}\n</end_of_turn>`],
  ["Gemma's end, cut off", `${kept}<end_of_tu`],
  ["Llama's ends", `${kept}<|eot_id|><|eom_id|><|end_of_text|>`],
  ["Llama's start", `<|start_header_id|>assistant<|end_header_id|>\n\n${kept}`],
  ["Llama's start without its tokens", `assistant\n\n${kept}`],
  ["GPT's end", `${kept}<|endoftext|>`],
  ["Mistral's marks", `[/INST] ${kept}</s>`],
  ["Phi's marks", `<|assistant|>\n${kept}<|end|>`],
  ["DeepSeek's marks", `<｜Assistant｜>${kept}<｜end▁of▁sentence｜>`],
  ["Cohere's marks", `<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>${kept}<|END_OF_TURN_TOKEN|>`],
  ["Granite's marks", `<|start_of_role|>assistant<|end_of_role|>${kept}<|end_of_text|>`],
  ["Alpaca's marks", `### Response: ${kept}\n\n### Instruction: Mais?`],
  ["the first mark and the last", `<s> ${kept} </s>`],
  ["an unknown token", `<|reserved_7|>${kept}<|sep|>`],
  ["Alpaca's next heading, cut off", `${kept}\n###`],
  ["EXAONE's marks", `[|assistant|]${kept}[|endofturn|]\n[|user|]E domingo?`],
  ["ends in other words", `${kept}<|eom|><|end_of_role|></endoftext>`],
  ["an end without its second bar", `${kept}<|im_end>`],
  ["the roles as words", `Assistant: ${kept}\n\nHuman: E domingo?`],
  ["llama.cpp's end", `${kept} [end of text]`],
  ["a turn made up for the customer", `${kept}<|im_end|>\n<|im_start|>user\nE domingo?<|im_end|>`],
  ["an answer given twice", `${kept}<|im_end|>\n<|im_start|>assistant\nFechado.<|im_end|>`],
  ["a made-up instruction", `${kept}\n[INST] E domingo? [/INST] Fechado.`],
  [
    "the whole prompt repeated",
    `<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\noi<|im_end|>\n<|im_start|>assistant\n${kept}<|im_end|>`,
  ],
  [
    "gpt-oss's channels",
    `<|channel|>analysis<|message|>Hours?<|end|><|start|>assistant<|channel|>final<|message|>${kept}<|return|>`,
  ],
  [
    "gpt-oss's last channel alone",
    `final thoughts<|end|><|start|>assistant<|channel|>final<|message|>${kept}`,
  ],
];

for (const [what, text] of marked) {
  Deno.test(`withoutTemplateMarks() leaves the answer: ${what}`, () => {
    assert.equal(withoutTemplateMarks(text).trim(), kept);
  });
}

Deno.test("withoutTemplateMarks() of marks or others' turns alone leaves nothing", () => {
  for (
    const text of [
      "<|im_end|>",
      "</s>",
      "<|im_start|>assistant\n",
      "<|channel|>analysis<|message|>Hours? Let me see",
      "<|im_start|>user\nE domingo?<|im_end|>",
    ]
  ) {
    assert.equal(withoutTemplateMarks(text).trim(), "", text);
  }
});

Deno.test("withoutTemplateMarks() leaves what only looks alike", () => {
  for (
    const text of [
      "De <s>R$ 20</s> por R$ 15!",
      "a < b | c > d",
      "Assistant manager: Ana",
      "Equipe:\nHuman: Ana\nAssistant: Bia",
      "### Horário\n6h",
      "O [INSTAGRAM] é @pao",
      "use <b>user</b> or model\nnames",
      "O email é <user@example.com>",
      "The end.",
    ]
  ) assert.equal(withoutTemplateMarks(text), text);
});

Deno.test("withoutTemplateMarks() takes a runaway text without delay", () => {
  assert.equal(withoutTemplateMarks("oi<|im_end|>".repeat(20_000)), "oi");
  assert.equal(withoutTemplateMarks("<|".repeat(50_000) + " a").length, 100_002);
  assert.equal(withoutTemplateMarks("<|channel|>x".repeat(20_000)), "");
});
