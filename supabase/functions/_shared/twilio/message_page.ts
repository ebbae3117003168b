import { z } from "zod";
import type { ListedMessage } from "../app/ports/messaging.ts";
import { AppError } from "../runtime/errors.ts";
import type { Exchange } from "./exchange.ts";
import { jsonOf, knownStatus } from "./send_result.ts";

const page = z.object({
  // A path only, on the server that was asked: a whole URL would carry the credentials to another one.
  next_page_uri: z.string().regex(/^\/[^/\\\s]\S*$/).nullish(),
  messages: z.array(z.object({
    sid: z.string().min(1),
    direction: z.string(),
    status: z.unknown(),
    body: z.string().nullish(),
    from: z.string().nullish(),
    to: z.string().nullish(),
    error_code: z.number().int().nullish(),
    date_created: z.string().refine((text) => !Number.isNaN(Date.parse(text))).nullish(),
  })),
});

export interface MessagePage {
  outbound: ListedMessage[];
  /** When the oldest message of the page, inbound ones included, was created; null for an empty page. */
  oldest: Date | null;
  next: string | null;
}

/** One page of Twilio's list. AppError `twilio_rejected`, `twilio_unreachable`, `twilio_timeout`, `twilio_malformed`. */
export function readPage(answer: Exchange, query: { to: string; now: Date }): MessagePage {
  if (answer.kind === "unanswered") throw faultError(answer);
  const { status, text } = answer;
  if (status < 200 || status >= 300) {
    throw new AppError("twilio_rejected", `Twilio answered a list with HTTP ${status}`, {
      retryable: status === 408 || status === 429 || status >= 500,
    });
  }
  if (text === null) throw faultError(answer);
  const parsed = page.safeParse(jsonOf(text));
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.join(".") || "(whole)").slice(0, 5).join(
      ", ",
    );
    throw new AppError("twilio_malformed", `Twilio's list has an unknown form at ${where}`, {
      retryable: true,
    });
  }
  const all = parsed.data.messages.map((message) => ({
    direction: message.direction,
    messageSid: message.sid,
    body: message.body ?? "",
    from: message.from ?? null,
    to: message.to ?? query.to,
    status: knownStatus(message.status),
    errorCode: message.error_code ?? null,
    createdAt: message.date_created ? new Date(message.date_created) : query.now,
  }));
  const times = all.map(({ createdAt }) => createdAt.getTime());
  return {
    outbound: all
      .filter(({ direction }) => direction.startsWith("outbound"))
      .map(({ direction: _, ...listed }) => listed),
    oldest: times.length > 0 ? new Date(Math.min(...times)) : null,
    next: parsed.data.next_page_uri ?? null,
  };
}

function faultError({ fault, detail }: { fault: string; detail: string }): AppError {
  const code = fault === "timeout" ? "twilio_timeout" : "twilio_unreachable";
  return new AppError(code, `no list from Twilio: ${detail}`, { retryable: true });
}
