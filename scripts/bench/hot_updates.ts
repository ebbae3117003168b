import type postgres from "postgres";
import type { Comparison } from "./comparison.ts";

const rounds = 2_000;

/** The share of lock updates that stay HOT: as the table is, and with a partial index on the lock's end. */
export async function hotUpdates(sql: postgres.Sql): Promise<Comparison[]> {
  const [session] = await sql`
    insert into sessions (owner_id, sender, customer_address)
    select owner_id, address, 'whatsapp:+5511900000000' from senders limit 1 returning id`;
  const ours = await hotShare(sql, session?.id);
  await sql`create index bench_lock on sessions (batch_lock_until) where batch_lock_id is not null`;
  const other = await hotShare(sql, session?.id);
  await sql`drop index bench_lock`;
  return [{
    decision: "lock updates that are HOT, without an index against with a partial one",
    unit: "%",
    ours,
    other,
  }];
}

/** Every call in a transaction of its own, so that pages can be pruned in between. */
async function hotShare(sql: postgres.Sql, sessionId: string): Promise<number> {
  const connection = await sql.reserve();
  try {
    const counts = async () => {
      await connection`select pg_stat_force_next_flush()`;
      const [row] = await connection`
        select n_tup_upd::int as updates, n_tup_hot_upd::int as hot
        from pg_stat_user_tables where relid = 'public.sessions'::regclass`;
      return { updates: Number(row?.updates), hot: Number(row?.hot) };
    };
    const before = await counts();
    for (let round = 0; round < rounds; round++) {
      await connection`select acquire_batch_lock(${sessionId}, 'bench')`;
      await connection`select release_batch_lock(${sessionId}, 'bench')`;
    }
    const after = await counts();
    return 100 * (after.hot - before.hot) / (after.updates - before.updates);
  } finally {
    connection.release();
  }
}
