import type postgres from "postgres";
import type { NextSend } from "./protocol.ts";

export interface Violation {
  kind: string;
  detail: string;
}

/** One customer's session, and Twilio as far as it is concerned. */
export interface World {
  /** Empty until the first message made it. */
  session: string;
  /** What the old holder has claimed, and has begun to send. */
  batch: string;
  send: NextSend["message"];
  /** The SIDs of what Twilio was told is safe. */
  readonly acknowledged: Set<string>;
  readonly violations: Violation[];
  inbound(messageSid: string): Record<string, string>;
  /** A SID nobody had. */
  freshSid(): string;
  post(messageId: string): void;
  sidOf(messageId: string): string | undefined;
  /** The lease was refused to somebody: it had better be live. */
  refused(webhook: string): Promise<void>;
}

export const sender = "whatsapp:+14155238886";
let customers = 0;
let sids = 0;

export function createWorld(sql: postgres.Sql, options: { to?: string } = {}): World {
  const customer = `whatsapp:+55119${String(++customers).padStart(8, "0")}`;
  const posts = new Map<string, string>();
  const violations: Violation[] = [];
  const freshSid = () => `SM${String(++sids).padStart(32, "0")}`;
  const world: World = {
    session: "",
    batch: "",
    send: undefined,
    acknowledged: new Set(),
    violations,
    freshSid,
    inbound: (messageSid) => ({
      MessageSid: messageSid,
      AccountSid: "AC00000000000000000000000000000001",
      From: customer,
      To: options.to ?? sender,
      Body: `message ${messageSid}`,
    }),
    post(messageId) {
      if (posts.has(messageId)) violations.push({ kind: "posted twice", detail: messageId });
      posts.set(messageId, freshSid());
    },
    sidOf: (messageId) => posts.get(messageId),
    async refused(webhook) {
      const [row] = await sql<{ live: boolean }[]>`
        select batch_lock_until > clock_timestamp() as live from public.sessions where id = ${world.session}`;
      if (row?.live) return;
      violations.push({ kind: "refused", detail: `${webhook} was refused a lease that nobody has` });
    },
  };
  return world;
}
