import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase } from "../fixtures/database.ts";

const listFile = new URL("../../../schemas/90_access/functions.sql", import.meta.url);

/** The three lists of 90_access/functions.sql: all of ours, machines', people's. */
async function lists(): Promise<string[][]> {
  const text = await Deno.readTextFile(listFile);
  return [...text.matchAll(/ on function([^;]*?)\n(?:from|to) /g)]
    .map(([, names = ""]) => (names.match(/\w+\.\w+/g) ?? []).sort());
}

/** Whom a function of ours is open to, among those of the Data API. */
async function openTo(sql: postgres.Sql | postgres.TransactionSql, role: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select distinct format('%s.%s', pronamespace::regnamespace, proname) as name
    from pg_proc where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and (${role} = '' or has_function_privilege(nullif(${role}, ''), oid, 'execute'))`;
  return rows.map(({ name }) => name).sort();
}

Deno.test("every function of ours is in the list, and open to whom it names alone", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const [all = [], machines = [], people = []] = await lists();
  assert.deepEqual(await openTo(sql, ""), all);
  assert.deepEqual(await openTo(sql, "anon"), []);
  assert.deepEqual(await openTo(sql, "service_role"), machines);
  assert.deepEqual(await openTo(sql, "authenticated"), people);
});

// PostgreSQL lets everybody execute a new function, and what a schema has by default can add to that and take nothing from it;
// what a role has by default would close other people's functions. So a list it is, and a list can be forgotten.
for (const schema of ["public", "private"]) {
  Deno.test(`a function of ${schema} that no list names is open to all, and would be noticed`, async () => {
    await using database = await freshDatabase();
    const undo = new Error("undone");
    const attempt = database.sql.begin(async (as) => {
      await as.unsafe(`
        alter default privileges in schema ${schema} revoke all on functions from public;
        create function ${schema}.added_later() returns integer language sql as 'select 1'`);
      assert.deepEqual(await openTo(as, "anon"), [`${schema}.added_later`]);
      throw undo;
    });
    await assert.rejects(attempt, undo);
  });
}

Deno.test("who did not sign in may do nothing with any table, view or sequence of ours; people write nothing whole", async () => {
  await using database = await freshDatabase();
  const may = (role: string, privileges: string) =>
    database.sql`
      select oid::regclass::text as name from pg_class
      where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'v')
        and (has_table_privilege(${role}, oid, ${privileges})
          or (${role} = 'anon' and has_any_column_privilege(${role}, oid, 'select, insert, update')))
      union all
      select oid::regclass::text from pg_class
      where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and case relkind when 'S'
        then has_sequence_privilege(${role}, oid, 'select, usage, update') end`;
  assert.deepEqual(
    [...await may("anon", "select, insert, update, delete, truncate, references, trigger")],
    [],
  );
  assert.deepEqual(
    [...await may("authenticated", "insert, update, delete, truncate, references, trigger")],
    [],
  );
});
