import type { TimeLimit } from "../runtime/time_limit.ts";

/** How a request ended without an answer. Only `not_sent` is certain: Twilio saw nothing of it. */
export type ConnectionFault = "not_sent" | "connection_lost" | "timeout";

/** One request and what came of it. `text` is null when the head arrived and the body did not (`fault` says why). */
export type Exchange =
  | { kind: "answered"; status: number; headers: Headers; text: string }
  | { kind: "answered"; status: number; headers: Headers; text: null; fault: ConnectionFault; detail: string }
  | { kind: "unanswered"; fault: ConnectionFault; detail: string };

/** Sends once, follows no redirect (it would post again, with credentials), and never throws. */
export async function exchange(
  request: { url: string; init: RequestInit; fetch: typeof fetch },
  limit: TimeLimit,
): Promise<Exchange> {
  let response: Response;
  try {
    const init = { ...request.init, redirect: "manual" as const, signal: limit.signal };
    response = await limit.race(request.fetch(request.url, init));
  } catch (error) {
    return { kind: "unanswered", ...faultOf(error) };
  }
  const { status, headers } = response;
  try {
    return { kind: "answered", status, headers, text: await limit.race(response.text()) };
  } catch (error) {
    return { kind: "answered", status, headers, text: null, ...faultOf(error) };
  }
}

/**
 * Deno 2.1 tells the stage in the message, later versions in the cause's. "client error (Connect)" precedes the first
 * byte of the request; of those, only what names the connection itself counts, all else might have reached Twilio.
 */
function faultOf(error: unknown): { fault: ConnectionFault; detail: string } {
  if (error instanceof DOMException && (error.name === "TimeoutError" || error.name === "AbortError")) {
    return { fault: "timeout", detail: error.message };
  }
  const detail = messagesOf(error);
  const notConnected =
    /client error \(Connect\).*(Connection refused|actively refused|dns error|No route to host|Network is unreachable)/s;
  return { fault: notConnected.test(detail) ? "not_sent" : "connection_lost", detail };
}

function messagesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
