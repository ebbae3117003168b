import type postgres from "postgres";
import { freshDatabase } from "../fixtures/database.ts";
import { type Controller, createController } from "./controller.ts";
import { type SqlFunction, withPauses } from "./pause_points.ts";

/** A database whose protocol functions stop between their statements, and what it takes to play there. */
export interface PausedDatabase extends AsyncDisposable {
  readonly sql: postgres.Sql;
  /** One connection that never stops. */
  readonly free: postgres.Sql;
  readonly controller: Controller;
}

/** The demo sender's twin whose assistant discards a reply that newer messages have overtaken. */
export const supersedingSender = "whatsapp:+14155230000";

/** `mutant` is SQL that replaces functions of the protocol before anything else happens. */
export async function createPausedDatabase({ mutant }: { mutant?: string } = {}): Promise<PausedDatabase> {
  const database = await freshDatabase();
  const { sql } = database;
  if (mutant !== undefined) await sql.unsafe(mutant);
  for (const file of ["pauses.sql", "watch.sql"]) {
    await sql.unsafe(await Deno.readTextFile(new URL(file, import.meta.url)));
  }
  await installPauses(sql);
  await sql`update public.assistants set quiet_window_ms = 0, max_wait_ms = 0`;
  await sql`
    with assistant as (
      insert into public.assistants (owner_id, name, overlap, quiet_window_ms, max_wait_ms)
      select a.owner_id, 'Twin', 'supersede', 0, 0 from public.assistants a
      returning id, owner_id
    )
    insert into public.senders (address, owner_id, twilio_account_id, assistant_id)
    select ${supersedingSender}, a.owner_id, t.id, a.id
    from assistant a join public.twilio_accounts t on t.owner_id = a.owner_id`;
  const controller = await createController(database.url, 3);
  return {
    sql,
    free: database.connect(),
    controller,
    async [Symbol.asyncDispose]() {
      await controller[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Gives every PL/pgSQL function of the schemas its pauses. */
async function installPauses(sql: postgres.Sql): Promise<void> {
  const functions = await sql<(SqlFunction & { definition: string })[]>`
    select p.proname as name, l.lanname as language, p.prosrc as body, pg_get_functiondef(p.oid) as definition
    from pg_proc p
    join pg_language l on l.oid = p.prolang
    where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and p.prokind = 'f' and l.lanname in ('sql', 'plpgsql') and p.prorettype <> 'trigger'::regtype`;
  const views = await sql.begin(async (transaction) => {
    // Only outside the search path are tables named with their schema.
    await transaction`set local search_path = ''`;
    return await transaction<SqlFunction[]>`
      select viewname as name, 'view' as language, pg_get_viewdef(format('private.%I', viewname)::regclass) as body
      from pg_views where schemaname = 'private'`;
  });
  const byName = new Map<string, SqlFunction>([...functions, ...views].map((each) => [each.name, each]));
  for (const each of functions) {
    if (each.language !== "plpgsql") continue;
    await sql.unsafe(each.definition.replace(each.body, () => withPauses(each, byName)));
  }
}
