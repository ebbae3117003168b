import type postgres from "postgres";

/** Every row of every table of ours and of sign-in's, as text: by table. */
export async function allRows(sql: postgres.Sql): Promise<Map<string, string[]>> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name
    from pg_tables
    where schemaname in ('public', 'private', 'auth', 'supabase_migrations')
    order by 1`;
  const rows = new Map<string, string[]>();
  for (const { name } of tables) {
    const found = await sql.unsafe<{ text: string }[]>(`select t::text as text from ${name} t order by 1`);
    rows.set(name, found.map(({ text }) => text));
  }
  return rows;
}
