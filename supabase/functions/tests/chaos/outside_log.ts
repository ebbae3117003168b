import { tokensIn } from "../fixtures/tokens.ts";
import { type Verdict, verdictOn } from "../fixtures/verdict.ts";

/** What the outside saw of one customer's message. Times are milliseconds since 1970. */
export interface SentMessage {
  readonly token: string;
  /** By number. */
  readonly customer: number;
  readonly sentAt: number;
  /** When one of its webhooks was answered 200. */
  acknowledgedAt: number | null;
  /** Accepted by Twilio: the replies that name the token. */
  replies: { sid: string; at: number }[];
}

/**
 * The books of an observer who stands outside: what was acknowledged to Twilio, and what Twilio was given in return. Every
 * message carries a token that its reply repeats, so nothing has to be asked of the system that is being judged.
 */
export interface OutsideLog {
  /** A message of this customer's that is about to be sent; its words carry the token. */
  write(customer: number): SentMessage;
  acknowledged(message: SentMessage): void;
  /** Twilio accepted this outbound message. Repeating a SID changes nothing. */
  reply(sid: string, body: string): void;
  find(token: string): SentMessage | null;
  messages(): SentMessage[];
  /** The bodies of accepted replies in the order of acceptance. */
  replies(): { sid: string; body: string }[];
  /** Acknowledged and not answered so far. */
  open(): number;
  verdict(): OutsideVerdict;
}

export interface OutsideVerdict extends Verdict {
  sent: number;
  acknowledged: number;
  replies: number;
}

/** With leading zeros, so that a customer's tokens sort as they were written. */
export function tokenOfMessage(customer: number, message: number): string {
  return `k${customer}x${String(message).padStart(6, "0")}`;
}

export function createOutsideLog(now: () => number = Date.now): OutsideLog {
  const sent = new Map<string, SentMessage>();
  const replies = new Map<string, string>();
  let open = 0;

  return {
    write(customer) {
      const token = tokenOfMessage(customer, sent.size + 1);
      const message = { token, customer, sentAt: now(), acknowledgedAt: null, replies: [] };
      sent.set(token, message);
      return message;
    },
    acknowledged(message) {
      if (message.acknowledgedAt !== null) return;
      message.acknowledgedAt = now();
      if (message.replies.length === 0) open += 1;
    },
    reply(sid, body) {
      if (replies.has(sid)) return;
      replies.set(sid, body);
      const named = [...new Set(tokensIn(body))].flatMap((token) => sent.get(token) ?? []);
      for (const message of named) {
        if (message.acknowledgedAt !== null && message.replies.length === 0) open -= 1;
        message.replies.push({ sid, at: now() });
      }
    },
    find: (token) => sent.get(token) ?? null,
    messages: () => [...sent.values()],
    replies: () => [...replies].map(([sid, body]) => ({ sid, body })),
    open: () => open,
    verdict() {
      const acknowledged = [...sent.values()].filter(({ acknowledgedAt }) => acknowledgedAt !== null)
        .map(({ token }) => token);
      return {
        ...verdictOn({ acknowledged, replies: [...replies.values()], written: [...sent.keys()] }),
        sent: sent.size,
        acknowledged: acknowledged.length,
        replies: replies.size,
      };
    },
  };
}
