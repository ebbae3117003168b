import type postgres from "postgres";

type Sql = postgres.Sql | postgres.TransactionSql;

/** All that a database has and who may do what with it: by name, how it is; every row of every table too. */
export type Inventory = Map<string, string>;

// An ACL is a set: a grant that changes nothing may still write it in another order.
const acl = (column: string) => `(select array_agg(a::text order by a::text) from unnest(${column}) a)`;

/** A query a catalogue: name, and what is compared. Statistics and what only counts are left out. */
const catalogues = [
  `select 'schema ' || nspname, (oid, nspowner::regrole, ${acl("nspacl")})::text from pg_namespace
   where nspname !~ '^pg_(toast_)?temp'`,
  `select 'relation ' || oid::regclass,
     (oid, relkind, relowner::regrole, relrowsecurity, relforcerowsecurity, reloptions, ${
    acl("relacl")
  })::text
   from pg_class`,
  `select format('column %s.%I', attrelid::regclass, attname), (atttypid::regtype, attnotnull, ${
    acl("attacl")
  })::text
   from pg_attribute where attnum > 0`,
  `select 'function ' || oid::regprocedure, (oid, proowner::regrole, prosecdef, proconfig, md5(prosrc), ${
    acl("proacl")
  })::text from pg_proc`,
  `select 'type ' || oid::regtype, (oid, typowner::regrole, ${acl("typacl")})::text from pg_type`,
  `select format('trigger %I on %s', tgname, tgrelid::regclass), (oid, tgfoid::regprocedure, tgenabled)::text
   from pg_trigger`,
  `select format('policy %I on %s', polname, polrelid::regclass), (oid, polcmd, polroles::regrole[])::text from pg_policy`,
  `select 'event trigger ' || evtname, (oid, evtenabled)::text from pg_event_trigger`,
  `select 'extension ' || extname, (oid, extversion, extnamespace::regnamespace)::text from pg_extension`,
  `select 'database ' || datname, (datdba::regrole, ${acl("datacl")})::text from pg_database`,
  `select 'role ' || rolname, (rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls, rolconfig)::text
   from pg_roles`,
  `select format('member %s of %s', member::regrole, roleid::regrole), admin_option::text from pg_auth_members`,
  `select format('default privileges of %s in %s on %s', defaclrole::regrole,
     coalesce(nullif(defaclnamespace, 0)::regnamespace::text, 'all'), defaclobjtype), ${
    acl("defaclacl")
  }::text
   from pg_default_acl`,
];

/** As a superuser, for row level security would hide rows. */
export async function takeInventory(sql: Sql): Promise<Inventory> {
  const found: Inventory = new Map();
  for (const query of catalogues) {
    const entries = await sql.unsafe<{ name: string; state: string }[]>(
      `select * from (${query}) entry (name, state)`,
    );
    for (const { name, state } of entries) found.set(name, state);
  }
  const tables = await sql<{ name: string }[]>`
    select oid::regclass::text as name from pg_class
    where relkind in ('r', 'p', 'm') and relnamespace::regnamespace::text !~ '^pg_|^information_schema$'`;
  for (const { name } of tables) {
    const rows = await sql.unsafe(
      `select to_jsonb(t)::text as row, count(*)::text from ${name} t group by 1`,
    );
    for (const { row, count } of rows) found.set(`row of ${name}: ${row}`, String(count));
  }
  return found;
}

/** What was there before and is not, or is another now. What came since is nobody's loss. */
export function changed(before: Inventory, after: Inventory): string[] {
  return [...before].filter(([name, is]) => after.get(name) !== is)
    .map(([name, is]) => `${name}: ${is} is now ${after.get(name) ?? "gone"}`);
}

/** What the application may expect of what it makes next: who may do what with a new table, sequence and function. */
export async function privilegesOfNew(sql: postgres.Sql): Promise<Record<string, string | null>[]> {
  const undo = new Error("undone");
  let made: Record<string, string | null>[] = [];
  await sql.begin(async (as) => {
    for (const schema of ["public", "shop"]) {
      await as.unsafe(`create table ${schema}.made_later (id bigint generated always as identity)`);
      await as.unsafe(`create function ${schema}.made_later() returns integer language sql as 'select 1'`);
    }
    made = [
      ...await as<Record<string, string>[]>`
        select oid::regclass::text as name, relacl::text as acl from pg_class
        where relname like 'made_later%' and relkind in ('r', 'S') order by 1`,
      ...await as<Record<string, string>[]>`
        select oid::regprocedure::text as name, proacl::text as acl from pg_proc where proname = 'made_later' order by 1`,
    ].map((row) => ({ ...row }));
    throw undo;
  }).catch((error) => {
    if (error !== undo) throw error;
  });
  return made;
}
