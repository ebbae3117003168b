import { isVisible } from "../../domain/text/characters.ts";

interface Segment {
  role: string;
  channel: string | null;
  text: string;
}

const roles = "assistant|model|bot|user|human|system|developer|tool|instruction|input|response";

/** Marks that open somebody's turn, with the role they name. */
const starts = [
  String.raw`<[|｜](?:im_start|start|turn)[|｜]?>\s*(?<role1>${roles})?[ \t]*\n?`,
  String
    .raw`<\|(?:start_header_id|start_of_role)\|>\s*(?<role2>${roles})?\s*(?:<\|(?:end_header_id|end_of_role)\|>)?`,
  String.raw`</?start_of_turn>\s*(?<role3>${roles})?[ \t]*\n?`,
  String.raw`<[|｜](?<role4>assistant|user|human|system)(?:_TOKEN)?[|｜]>`,
  String.raw`^#{2,3} ?(?<role5>${roles}):|(?<=\n[ \t]*\n)(?<role6>human):|(?<![^])(?<role7>assistant):`,
  String.raw`(?<instruction>\[INST\]|<<SYS>>)`,
  String.raw`<\|CHATBOT_TOKEN\|>|\[/INST\]`,
];

/** Marks that end a turn. `</s>` after an `<s>` in the same line is struck text, not a mark. */
const ends = [
  String
    .raw`<[|｜](?:im_end|eo[atms]|eot_id|eom_id|end|return|call|end[_▁]?of[_▁]?[\w▁]*|(?:START|END)_OF_TURN_TOKEN)[|｜]?>`,
  String.raw`</?(?:end_?of_?\w+|eos|eot|im_end)>|<turn\|>|</?assistant>|\[\|(?:endofturn|user|system)\|\]`,
  String.raw`(?<![^\n]<s>[^<\n]*)</s>`,
  String.raw`\[(?:EOS|end of text)\]|<</SYS>>`,
];

const mark = new RegExp(
  [...starts, ...ends, String.raw`<\|channel\|>\s*(?<channel>\w+)(?:[^<\n]{0,80}<\|message\|>)?`].join("|"),
  "gimu",
);

/** What else a tokenizer writes, at the start, at the end where the mark itself was cut off, or anywhere. */
const leftovers =
  /^\s*<(?:s|bos)>|^(?:assistant|model)[ \t]*\n|<[|｜][\w▁]{1,40}[|｜]>|<[|｜][\w▁]*[|｜]?$|<\/?(?:end|start)_of_\w*$|<(?:pad|bos|unk|eos)>|<\/?(?:final_)?answer>|\[\|\w+\|\]|\n#{3,}\s*$/giu;

/** What the assistant itself said first, without the marks of its chat template: what follows is not its own turn. */
export function withoutTemplateMarks(text: string): string {
  const segments = segmentsOf(text).map((segment) => ({
    ...segment,
    text: segment.text.replace(leftovers, ""),
  }));
  const own = segments.filter(({ role, text }) => role === "assistant" && isVisible(text));
  const final = own.find(({ channel }) => channel === "final");
  return (final ?? own.find(({ channel }) => channel === null))?.text ?? "";
}

function segmentsOf(text: string): Segment[] {
  const segments: Segment[] = [];
  let open: Omit<Segment, "text"> = { role: "assistant", channel: null };
  let from = 0;
  for (const { 0: whole, index, groups = {} } of text.matchAll(mark)) {
    segments.push({ ...open, text: text.slice(from, index) });
    from = index + whole.length;
    const { channel, instruction, ...named } = groups;
    if (channel) open = { ...open, channel: channel.toLowerCase() };
    else open = { role: instruction ? "user" : roleOf(Object.values(named)), channel: null };
  }
  return [...segments, { ...open, text: text.slice(from) }];
}

function roleOf(named: (string | undefined)[]): string {
  const role = named.find((name) => name !== undefined)?.toLowerCase() ?? "assistant";
  return ["model", "bot", "response"].includes(role) ? "assistant" : role;
}
