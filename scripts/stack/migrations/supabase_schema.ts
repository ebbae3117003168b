import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import type { Sql } from "postgres";
import { AppError } from "functions/_shared/runtime/errors.ts";

const rolesFile = new URL("./supabase_roles.sql", import.meta.url);

/**
 * Gives a database the roles, the schema `auth` and the migration history that a Supabase project has. Again is harmless.
 * Throws `database_of_supabase` for one that has the real ones.
 */
export async function ensureSupabaseSchema(sql: Sql, url: string): Promise<void> {
  const [real] = await sql`select 1 from pg_roles where rolname = 'supabase_admin'`;
  if (real) {
    throw new AppError(
      "database_of_supabase",
      "This database belongs to a real Supabase: use `supabase db push` there, or name another database in DATABASE_URL.",
    );
  }
  await sql.unsafe(await Deno.readTextFile(rolesFile));
  const connection = createPostgresConnection({ url, postgresOptions: { max: 1, onnotice: () => {} } });
  try {
    // Only what is in the schema counts here: nothing is signed or sent.
    await new App({ connection, auth: { enabled: true, jwt_secret: crypto.randomUUID() } })
      .ensureSystemSchema();
  } finally {
    await connection.close();
  }
}
