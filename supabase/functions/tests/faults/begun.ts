import type postgres from "postgres";

/** What a process has begun for a customer: its lease, and its sends whose outcome nobody knows yet. */
export interface Begun {
  lock: { id: string; until: Date } | null;
  sends: { id: string; attempt: number }[];
}

export async function begunFor(customerAddress: string, sql: postgres.Sql): Promise<Begun> {
  const [session] = await sql<{ id: string | null; until: Date | null }[]>`
    select batch_lock_id as id, batch_lock_until as until from sessions where customer_address = ${customerAddress}`;
  const sends = await sql<{ id: string; attempt: number }[]>`
    select m.id, m.send_attempt as attempt from messages m join sessions s on s.id = m.session_id
    where s.customer_address = ${customerAddress} and m.delivery_status in ('sending', 'unknown')`;
  const { id = null, until = null } = session ?? {};
  return { lock: id === null || until === null ? null : { id, until }, sends: [...sends] };
}

/** For the database the lease is past now, if it is still that one. */
export async function leaseIsPast(
  { lock }: Begun,
  customerAddress: string,
  sql: postgres.Sql,
): Promise<void> {
  if (lock === null) return;
  await sql`
    update sessions set batch_lock_until = clock_timestamp()
    where customer_address = ${customerAddress} and batch_lock_id = ${lock.id}`;
}

/** For the database the grace of these sends is past now: whoever began them does nothing more about them. */
export async function graceIsPast({ sends }: Begun, sql: postgres.Sql): Promise<void> {
  for (const { id, attempt } of sends) {
    await sql`
      update messages set send_started_at = clock_timestamp() - private.send_grace()
      where id = ${id} and send_attempt = ${attempt} and delivery_status in ('sending', 'unknown')`;
  }
}

/** Twilio's list did not have these sends, as long ago as it takes to look once more. */
export async function firstLookIsPast({ sends }: Begun, sql: postgres.Sql): Promise<void> {
  for (const { id, attempt } of sends) {
    await sql`
      update messages set absent_at = clock_timestamp() - private.second_look()
      where id = ${id} and send_attempt = ${attempt} and delivery_status in ('sending', 'unknown')`;
  }
}
