/** One message of a chat request; content parts are joined, pictures become `[image]`. */
export interface ChatMessage {
  role: string;
  text: string;
}

/** The parts of a Chat Completions request that the scripted model looks at. Null: not such a request. */
export function readChat(text: string): { model: string; messages: ChatMessage[]; body: unknown } | null {
  const body = parsed(text);
  if (!isRecord(body) || typeof body.model !== "string" || !Array.isArray(body.messages)) return null;
  const messages: ChatMessage[] = [];
  for (const message of body.messages) {
    if (!isRecord(message) || typeof message.role !== "string") return null;
    messages.push({ role: message.role, text: textOf(message.content) });
  }
  return { model: body.model, messages, body };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => isRecord(part) && typeof part.text === "string" ? part.text : "[image]").join(
    "\n",
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
