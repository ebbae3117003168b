/** Names under which models think aloud, with the prefixes some of them carry (`seed:think`, `mm:think`). */
const name = String
  .raw`(?:[\w-]{1,20}:)?(?:think(?:ing)?|thoughts?|thought_process|reason(?:ing)?|reflection|scratchpad|analysis|antthinking|inner_monologue)`;

/** Tags of thoughts in the manners of DeepSeek and Qwen, Magistral, Kimi, Cohere, Gemma and others; in backticks they are text. */
const tag = new RegExp(
  [
    String.raw`(?<!${"`"})(?:<|&lt;)(?<close1>/\s{0,3})?${name}(?:\s[^<>]{0,80})?(?:>|&gt;)`,
    String.raw`\[(?<close2>/)?THINK\]`,
    String.raw`◁(?<close3>/)?think▷`,
    String.raw`<\|(?:begin_of|(?<close4>end_of))_(?:thoughts?|thinking)\|>`,
    String.raw`<\|(?:START|(?<close5>END))_THINKING\|>`,
    String.raw`<\|(?<close6>/)?(?:think|thinking|thought)\|>`,
    String.raw`<unused94>(?:thought\b)?|(?<close7><unused95>)`,
    String.raw`<\|channel>\s*(?:thought|analysis)\b|(?<close8><channel\|>)`,
  ].join("|"),
  "giu",
);

/**
 * A text without the thoughts in it, or the torn tag of one. One that was never closed reaches to the end; where only the
 * end of one is seen, its start was in the prompt, and all before it is thought.
 */
export function withoutThoughts(text: string): string {
  let said = "";
  let from: number | null = 0;
  for (const { 0: whole, index, groups } of text.matchAll(tag)) {
    const isEnd = Object.values(groups ?? {}).some((closes) => closes !== undefined);
    if (!isEnd) {
      if (from !== null) said += text.slice(from, index);
      from = null;
    } else {
      if (from !== null) said = "";
      from = index + whole.length;
    }
  }
  if (from !== null) said += text.slice(from);
  return withoutBareChannels(said).replace(/<\/?(?:t|th|thi|thin|think|thinking)$/i, "");
}

/** gpt-oss thinks in a channel before it answers in another; some servers leave out the tokens between the words. */
function withoutBareChannels(text: string): string {
  const final = text.split("assistantfinal");
  if (final.length > 1) return final.at(-1) ?? "";
  return /^\s*analysis(?=\p{Lu})/u.test(text) ? "" : text;
}
