import type postgres from "postgres";

/**
 * Functions of ours that more people may call than 90_access/functions.sql says: everybody, or who did not sign in.
 *
 * Nothing but a revoke by name closes them. PostgreSQL lets everybody execute a new function; default privileges of a schema can
 * add to that and take nothing from it (the same on 15 and 17), and those of a role would close other people's functions too.
 */
export async function openToAll(sql: postgres.Sql | postgres.TransactionSql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select p.oid::regprocedure::text as name
    from pg_proc p
    where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and has_function_privilege('anon', p.oid, 'execute')
    order by 1`;
  return rows.map(({ name }) => name);
}
