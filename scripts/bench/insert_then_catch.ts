import type postgres from "postgres";
import type { Comparison } from "./comparison.ts";

const duplicates = 20_000;

/** 20,000 inserts of one key that is there already: `on conflict do nothing` against an `exception` block. */
export async function insertThenCatch(sql: postgres.Sql): Promise<Comparison[]> {
  await sql`create schema bench`;
  await sql`create table bench.seen (message_sid text primary key)`;
  await sql`insert into bench.seen values ('SM1')`;
  await sql.unsafe(`
    create function bench.by_conflict() returns void language plpgsql as $$
    begin
      insert into bench.seen values ('SM1') on conflict do nothing;
    end $$;
    create function bench.by_exception() returns void language plpgsql as $$
    begin
      insert into bench.seen values ('SM1');
    exception when unique_violation then null;
    end $$;`);
  const ours = await cost(sql, "bench.by_conflict");
  const other = await cost(sql, "bench.by_exception");
  await sql`drop schema bench cascade`;
  const decision = `${duplicates} duplicates, on conflict against exception`;
  return [
    { decision, unit: "kB of WAL", ours: ours.walBytes / 1000, other: other.walBytes / 1000 },
    { decision, unit: "ms", ours: ours.ms, other: other.ms },
  ];
}

/** Each call in a transaction of its own, as webhooks come. */
async function cost(sql: postgres.Sql, name: string): Promise<{ ms: number; walBytes: number }> {
  const place = async () => (await sql`select pg_current_wal_insert_lsn() as lsn`)[0]?.lsn;
  const before = await place();
  const start = performance.now();
  await sql.unsafe(`do $$ begin for i in 1..${duplicates} loop perform ${name}(); commit; end loop; end $$`);
  const ms = performance.now() - start;
  const [row] = await sql`select pg_wal_lsn_diff(${await place()}, ${before}) as bytes`;
  return { ms, walBytes: Number(row?.bytes) };
}
