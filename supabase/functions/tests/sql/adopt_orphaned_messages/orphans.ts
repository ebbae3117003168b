import type postgres from "postgres";
import { freshSid } from "../../fixtures/conversations.ts";
import { accountSid, sender } from "../../fixtures/test_stack.ts";

/** A message that came so long ago, when its sender was not ours yet. */
export async function orphan(
  sql: postgres.ISql,
  from: string,
  { ago, body = "Oi", optOut }: { ago: string; body?: string; optOut?: "STOP" | "START" },
): Promise<string> {
  const sid = freshSid();
  const params = {
    MessageSid: sid,
    AccountSid: accountSid,
    From: from,
    To: sender,
    Body: body,
    ...(optOut ? { OptOutType: optOut } : {}),
  };
  await sql`
    insert into public.orphaned_messages (message_sid, account_sid, from_address, to_address, params, reason, received_at)
    values (${sid}, ${accountSid}, ${from}, ${sender}, ${sql.json(params)}, 'unknown_sender',
      clock_timestamp() - ${ago}::interval)`;
  return sid;
}

/** Takes up orphans of the demo tenant's sender, one portion. Returns how many. */
export async function adopt(sql: postgres.ISql): Promise<number> {
  const [row] = await sql<{ taken: number }[]>`select public.adopt_orphaned_messages(${sender}) as taken`;
  return row?.taken ?? 0;
}
