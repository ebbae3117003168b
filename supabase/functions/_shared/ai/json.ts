/** Parsed JSON looked into without trust: what is not there, or is of another kind, is empty. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return isFields(value) ? value : {};
}

export function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that is not blank, else null. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

/**
 * The object or list in a text, else undefined. NUL, which JSON never holds as it is, is left out; where further raw
 * control characters spoil the text, they count as blanks.
 */
export function parseJson(text: string): unknown {
  const clean = text.replaceAll("\0", "");
  const value = tryParse(clean) ?? tryParse(clean.replace(/\p{Cc}/gu, " "));
  return typeof value === "object" && value !== null ? value : undefined;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
