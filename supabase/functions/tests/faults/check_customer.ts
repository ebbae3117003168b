import type postgres from "postgres";
import type { SimulatedMessage } from "stack/twilio/message.ts";
import type { Customer } from "../fixtures/customer.ts";
import { tokensIn } from "../fixtures/tokens.ts";
import { verdictOn } from "../fixtures/verdict.ts";

/** What is to be said of one customer after a fault. */
export interface CustomerCheck {
  acknowledged: number;
  lost: number;
  twice: number;
  /** Sends that had to be looked up or posted again. */
  settled: number;
  /** What else is wrong. */
  problems: string[];
}

/** From outside: what was acknowledged to Twilio against what Twilio got. */
export async function checkCustomer(
  customer: Customer,
  messages: SimulatedMessage[],
  sql: postgres.Sql,
): Promise<CustomerCheck> {
  const received = messages.filter(({ to }) => to === customer.address).map(({ body }) => body);
  const tokens = customer.acknowledged.flatMap(tokensIn);
  const { lost, twice } = verdictOn({ acknowledged: tokens, replies: received });
  const [row] = await sql<{ settled: number; second: number; unsent: number }[]>`
    select
      count(*) filter (where m.message_sid_evidence = 'listing' or m.send_attempt > 1)::int as settled,
      count(m.second_message_sid)::int as second,
      count(*) filter (where m.message_sid is null)::int as unsent
    from messages m join sessions s on s.id = m.session_id
    where s.customer_address = ${customer.address} and m.direction = 'outbound'`;
  const covered = await sql<{ body: string; replies: number }[]>`
    select m.body, (
      select count(*)::int from reply_batches b where b.outcome = 'completed' and m.id = any (b.message_ids)
    ) as replies
    from messages m join sessions s on s.id = m.session_id
    where s.customer_address = ${customer.address} and m.direction = 'inbound'`;
  return {
    acknowledged: tokens.length,
    lost: lost.length,
    twice: twice.length + received.length - new Set(received).size,
    settled: row?.settled ?? 0,
    problems: [
      ...(row?.second ? [`${row.second} second SIDs`] : []),
      ...(row?.unsent ? [`${row.unsent} outbound rows without a SID`] : []),
      ...covered.filter(({ replies }) => replies !== 1).map(({ body, replies }) =>
        `${body}: ${replies} replies`
      ),
      ...disorder(received),
    ],
  };
}

/** The second message of a reply comes after its first. */
function disorder(received: string[]): string[] {
  return received.flatMap((body, index) => {
    const first = /^end (K\d+X\d+)/.exec(body)?.[1]?.toLowerCase();
    if (first === undefined || received.slice(0, index).some((earlier) => tokensIn(earlier)[0] === first)) {
      return [];
    }
    return [`the end of the reply to ${first} came before its beginning`];
  });
}
