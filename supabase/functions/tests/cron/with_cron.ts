import { freshDatabase, type TestDatabase } from "../fixtures/database.ts";

export const sweepUrl = "https://abcdefghijklmnopqrst.supabase.co/functions/v1/sweep-conversations";
export const internalApiKey = "0123456789abcdef0123456789abcdef";

/** A database as on Supabase once all is set up: pg_cron, pg_net and the Vault (stand-ins), the schedule and both secrets. */
export async function databaseWithCron(): Promise<TestDatabase> {
  const database = await freshDatabase();
  for (const file of ["stand_ins.sql", "cron_stand_in.sql", "pg_net/pg_net--0.20.0.sql"]) {
    const statements = await Deno.readTextFile(new URL(file, import.meta.url));
    await database.sql.unsafe(`set pg_net.ttl = '6 hours'; ${statements}`);
  }
  // There is no worker here to be woken.
  await database.sql`create or replace function net.wake() returns void language sql as ''`;
  await database.sql`select public.schedule_sweep()`;
  await database.sql`
    insert into vault.decrypted_secrets (name, decrypted_secret)
    values ('recado_sweep_url', ${sweepUrl}), ('recado_internal_api_key', ${internalApiKey})`;
  return database;
}
