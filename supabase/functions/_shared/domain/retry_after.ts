const longestWaitMs = 3_600_000;

/** What a server asks us to wait, from `now`, at most an hour: `Retry-After` in seconds or as an HTTP date, or OpenAI's
 * exacter `retry-after-ms`. Null when absent or unreadable. */
export function retryAfterMs(headers: Headers, now: Date): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  const ms = numberOf(headers.get("retry-after-ms")) ??
    secondsOf(value) ??
    Date.parse(value) - now.getTime();
  return Number.isNaN(ms) ? null : Math.min(Math.max(Math.ceil(ms), 0), longestWaitMs);
}

function secondsOf(text: string): number | null {
  const seconds = numberOf(text);
  return seconds === null ? null : seconds * 1_000;
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}
