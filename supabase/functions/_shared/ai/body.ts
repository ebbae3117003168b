import { parseJson } from "./json.ts";

/**
 * What a server sent. `values`: the JSON in it, one for a plain answer, several for a stream (server-sent events, or an
 * object a line); `isDone` says whether a stream's own end mark was among them. `words`: no JSON, or not whole: a proxy's
 * `page` or plain text.
 */
export type Body =
  | { kind: "values"; values: unknown[]; isDone: boolean }
  | { kind: "words"; words: string; isPage: boolean };

/** Reads a body by what is in it: servers stream unasked, end plain JSON like a stream, and send blanks and comments first. */
export function readBody(text: string): Body {
  const trimmed = text.replaceAll("\0", "").trim();
  const whole = parseJson(trimmed);
  if (whole !== undefined) return { kind: "values", values: [whole], isDone: false };
  return readStream(trimmed) ?? readWords(trimmed);
}

/** Null where there is no JSON in it, or where some of it is torn. */
function readStream(text: string): Body | null {
  const values: unknown[] = [];
  let isDone = false;
  let pending = "";
  let rest = text;
  while (rest !== "") {
    if (rest.startsWith("{")) {
      const object = leadingObject(rest);
      const value = object === null ? undefined : parseJson(object);
      if (object === null || value === undefined) return null;
      values.push(value);
      rest = rest.slice(object.length).trimStart();
      continue;
    }
    const [line = ""] = rest.split(/\r\n|\r|\n/, 1);
    rest = rest.slice(line.length).replace(/^(?:\r\n|\r|\n)/, "");
    const data = line.replace(/^data:/, "").trim();
    if (data === "[DONE]") isDone = true;
    else if (line.startsWith("data:")) {
      // Data other than JSON, such as a ping, says nothing. A value may stand on several lines.
      if (pending !== "" || /^[{[]/.test(data)) pending += `${data}\n`;
      const value = /[}\]]$/.test(data) ? parseJson(pending) : undefined;
      if (value === undefined) continue;
      values.push(value);
      pending = "";
    } else if (data === "" && pending !== "") return null;
  }
  return values.length === 0 || pending !== "" ? null : { kind: "values", values, isDone };
}

/** The object that a text begins with; null when it is not whole. */
function leadingObject(text: string): string | null {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return text.slice(0, at + 1);
  }
  return null;
}

function readWords(text: string): Body {
  const isPage = /^(?:<!doctype|<\?xml|<html|<head|<body|<center|<h1)/i.test(text);
  if (!isPage) return { kind: "words", words: text, isPage };
  const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1] ?? "";
  const shown = text.replace(/<(script|style)\b[\s\S]*?<\/\1>|<[^>]*>/gi, " ").replace(/\s+/g, " ").trim();
  return { kind: "words", words: title.trim() || shown, isPage };
}
