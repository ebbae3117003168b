import { fieldsOf, isFields, itemsOf } from "../json.ts";

const textTypes = ["text", "output_text", "input_text"];

/**
 * The `content` of a message: a text, one part, or a list of them. Texts are joined; thoughts and parts of unknown kinds are
 * left out. Null where a part that should be text has none.
 */
export function readContent(content: unknown): { text: string; refusal: string } | null {
  if (content === null || content === undefined) return { text: "", refusal: "" };
  if (typeof content === "string") return { text: content, refusal: "" };
  const parts = isFields(content) ? [content] : itemsOf(content);
  if (parts.length === 0 && !Array.isArray(content)) return null;
  const read = { text: "", refusal: "" };
  for (const part of parts) {
    if (typeof part === "string") {
      read.text += part;
      continue;
    }
    const { type, text, refusal } = fieldsOf(part);
    if (typeof refusal === "string") read.refusal += refusal;
    const isText = typeof type === "string" ? textTypes.includes(type) : text !== undefined;
    if (!isText) continue;
    const said = isFields(text) ? text.value : text === undefined ? fieldsOf(part).content : text;
    if (typeof said !== "string" && said !== null) return null;
    read.text += said ?? "";
  }
  return read;
}
