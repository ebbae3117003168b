/** What the outside saw of one customer's message. Times are milliseconds since 1970. */
export interface SentMessage {
  readonly token: string;
  readonly customer: string;
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
  write(customer: string): SentMessage;
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

export interface OutsideVerdict {
  sent: number;
  acknowledged: number;
  replies: number;
  /** Tokens that were acknowledged and never answered. */
  lost: string[];
  /** Tokens that more than one accepted reply names, acknowledged or not. */
  twice: string[];
  /** SIDs of accepted messages that name no token of ours. */
  strange: string[];
}

const tokens = /\bK\d{6,}\b/g;

export function tokensIn(text: string): string[] {
  return [...new Set(text.match(tokens))];
}

export function createOutsideLog(now: () => number = Date.now): OutsideLog {
  const sent = new Map<string, SentMessage>();
  const replies = new Map<string, string>();
  const strange: string[] = [];
  let open = 0;

  return {
    write(customer) {
      const token = `K${String(sent.size + 1).padStart(6, "0")}`;
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
      const named = tokensIn(body).flatMap((token) => sent.get(token) ?? []);
      if (named.length === 0) strange.push(sid);
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
      const all = [...sent.values()];
      const acknowledged = all.filter((message) => message.acknowledgedAt !== null);
      return {
        sent: all.length,
        acknowledged: acknowledged.length,
        replies: replies.size,
        lost: acknowledged.filter((message) => message.replies.length === 0).map(({ token }) => token),
        twice: all.filter((message) => message.replies.length > 1).map(({ token }) => token),
        strange: [...strange],
      };
    },
  };
}
