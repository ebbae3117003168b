import type postgres from "postgres";
import type { Comparison } from "./comparison.ts";

const messages = 2_000;

/** A whole ingest against a bare insert into a table with one unique index: what queue, lock and lifecycle cost. */
export async function ingestCost(sql: postgres.Sql): Promise<Comparison[]> {
  await sql`create table bench_bare (message_sid text unique, params jsonb)`;
  const bare = await time((params) =>
    sql`insert into bench_bare values (${params.MessageSid ?? null}, ${sql.json(params)})`
  );
  const ingest = await time((params) => sql`select ingest_inbound_message(${sql.json(params)})`);
  await sql`drop table bench_bare`;
  return [{
    decision: "one message, a bare insert against the whole ingest",
    unit: "ms",
    ours: bare,
    other: ingest,
  }];
}

async function time(store: (params: Record<string, string>) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let nth = 0; nth < messages; nth++) {
    await store({
      MessageSid: `SM${nth.toString(16).padStart(32, "0")}`,
      AccountSid: "AC00000000000000000000000000000001",
      From: `whatsapp:+55119${String(nth % 200).padStart(8, "0")}`,
      To: "whatsapp:+14155238886",
      Body: "Vocês abrem domingo?",
    });
  }
  return (performance.now() - start) / messages;
}
