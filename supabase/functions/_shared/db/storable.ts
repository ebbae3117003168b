import { storableText } from "../runtime/storable_text.ts";

const largestInteger = 2_147_483_647;

/**
 * A value as PostgreSQL can keep it, however deep: text without NUL and without half characters. What a model or a provider
 * says passes through here, and so no word of theirs can make a write fail.
 */
export function storable<T>(value: T): T;
export function storable(value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  if (Array.isArray(value)) return value.map((item) => storable(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storable(key), storable(item)]));
}

/** A count as an integer column takes it: whole, and within its bounds. Null: it is none. */
export function count(value: number | null | undefined): number | null {
  if (typeof value !== "number" || Number.isNaN(value)) return null;
  return Math.min(Math.max(Math.round(value), 0), largestInteger);
}
