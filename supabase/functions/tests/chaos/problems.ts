import { checkInvariants } from "../fixtures/invariants.ts";
import { type ChaosStack, tokenOf } from "./chaos_stack.ts";
import type { OutsideVerdict } from "./outside_log.ts";

/** What the outside holds against a run: nothing lost, nothing twice, nothing that nobody asked for. */
export function outsideProblems(verdict: OutsideVerdict): string[] {
  const some = (tokens: string[]) => tokens.slice(0, 10).join(", ") + (tokens.length > 10 ? " …" : "");
  const { lost, twice, strange } = verdict;
  return [
    ...(lost.length > 0 ? [`${lost.length} acknowledged and never answered: ${some(lost)}`] : []),
    ...(twice.length > 0 ? [`${twice.length} answered more than once: ${some(twice)}`] : []),
    ...(strange.length > 0 ? [`${strange.length} sent that answer nothing: ${some(strange)}`] : []),
    ...(verdict.acknowledged === 0 ? ["nothing was acknowledged, so nothing was tried"] : []),
  ];
}

export function outsideFigures({ sent, acknowledged, replies, lost, twice }: OutsideVerdict) {
  return {
    "messages sent": sent,
    "acknowledged": acknowledged,
    "refused": sent - acknowledged,
    "replies at Twilio": replies,
    "lost": lost.length,
    "answered twice": twice.length,
  };
}

/** What the database says of itself after a run in which everything was given the time to be done. */
export async function insideProblems({ sql, options }: ChaosStack): Promise<string[]> {
  const broken = await checkInvariants(sql, { sweepSeconds: options.sweepSeconds, unansweredSeconds: 0 });
  return broken.map(({ invariant, rows }) =>
    `${invariant}: ${rows.length} rows, as ${JSON.stringify(rows[0])}`
  );
}

/** Leaves out what needs no reply: a person had the conversation when the message came, or when its reply was to be sent. */
export async function withoutExcused(chaos: ChaosStack, verdict: OutsideVerdict): Promise<OutsideVerdict> {
  const rows = await chaos.sql<{ message_sid: string }[]>`
    select m.message_sid from messages m
    where m.direction = 'inbound' and (m.unanswered_reason is not null or exists (
      select from reply_batches b join messages r on r.batch_id = b.id
      where m.id = any (b.message_ids) and r.direction = 'outbound' and r.cancel_reason is not null
    ))`;
  const excused = new Set(rows.map(({ message_sid }) => tokenOf(message_sid)));
  return { ...verdict, lost: verdict.lost.filter((token) => !excused.has(token)) };
}

/** How Twilio's SIDs became known: from the answer to our call, or, where that was lost, from a callback or a listing. */
export async function sidFigures(chaos: ChaosStack): Promise<Record<string, number>> {
  const rows = await chaos.sql<{ evidence: string; count: number }[]>`
    select message_sid_evidence as evidence, count(*)::int as count
    from messages where message_sid_evidence is not null group by 1`;
  return Object.fromEntries(rows.map(({ evidence, count }) => [evidence, count]));
}
