import type postgres from "postgres";
import type { Violation, World } from "./world.ts";

/** Whether something is due that nobody alive will see to. */
export async function lostWakeUp(sql: postgres.Sql, { session }: World): Promise<Violation[]> {
  const rows = await sql<{ detail: string }[]>`
    select format('%s is due and nobody holds the session', q.message_sid) as detail
    from public.message_queue q
    join public.sessions s on s.id = q.session_id
    where s.id = ${session} and q.status <> 'dead' and q.available_at <= clock_timestamp()
      and (s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp())`;
  return rows.map(({ detail }) => ({ kind: "lost wake-up", detail }));
}

/** What a session may not look like once all is done. */
export async function verdict(sql: postgres.Sql, world: World): Promise<Violation[]> {
  const { session } = world;
  const rows = await sql<Violation[]>`
    select v.kind, v.detail from test_watch.violations v where v.session_id = ${session}
    union all
    select
      case when count(b.id) = 0 then 'not answered' else 'answered twice' end,
      format('%s is covered by %s completed batches', a.message_sid, count(b.id))
    from unnest(${[...world.acknowledged]}::text[]) a (message_sid)
    left join public.messages m on m.message_sid = a.message_sid
    left join public.reply_batches b on m.id = any (b.message_ids) and b.outcome = 'completed'
    group by a.message_sid
    having count(b.id) <> 1
    union all
    select 'out of order', format('%s was answered before the older %s', later.message_sid, earlier.message_sid)
    from public.reply_batches b
    join public.messages later on later.id = any (b.message_ids)
    join public.messages earlier on earlier.session_id = b.session_id and earlier.direction = 'inbound' and earlier.seq < later.seq
    join public.reply_batches c on earlier.id = any (c.message_ids) and c.outcome = 'completed'
    where b.session_id = ${session} and b.outcome = 'completed' and c.closed_at > b.closed_at
    union all
    select 'left over', format('%s is still %s in the queue', q.message_sid, q.status)
    from public.message_queue q where q.session_id = ${session}
    union all
    select 'left over', format('%s still holds the lease', s.batch_lock_id)
    from public.sessions s where s.id = ${session} and s.batch_lock_id is not null
    union all
    select 'left over', format('outbound message %s is %s', m.id, m.delivery_status)
    from public.messages m
    where m.session_id = ${session} and m.direction = 'outbound' and m.message_sid is null
    union all
    select 'posted twice', format('message %s has a second SID', m.id)
    from public.messages m
    where m.session_id = ${session} and m.second_message_sid is not null`;
  return [...rows];
}
