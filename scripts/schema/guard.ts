import postgres from "postgres";

/** What a database has in `public`, and whether it has our schema; by this somebody else's things are told from ours. */
export interface Names {
  schemas: string[];
  /** Tables, views, sequences and indexes, which share their names with types. */
  relations: string[];
  functions: string[];
}

/** The names in a database that has nothing but ours. */
export async function namesOf(url: string): Promise<Names> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [names] = await sql<Names[]>`
      select
        array(select nspname::text from pg_namespace where nspname = 'private') as schemas,
        array(select relname::text from pg_class where relnamespace = 'public'::regnamespace order by 1) as relations,
        array(
          select distinct proname::text from pg_proc where pronamespace = 'public'::regnamespace order by 1
        ) as functions`;
    if (!names) throw new Error("a query of one row returned none");
    return names;
  } finally {
    await sql.end();
  }
}

/** The names that come anew: those of `after` that `before` has not. */
export function newNames(before: Names, after: Names): Names {
  const added = (kind: keyof Names) => after[kind].filter((name) => !before[kind].includes(name));
  return { schemas: added("schemas"), relations: added("relations"), functions: added("functions") };
}

/**
 * What a migration begins with: it stops, with one sentence and before it changed anything, where a name that it brings is
 * taken. Null: it brings none.
 */
export function guardOf({ schemas, relations, functions }: Names): string | null {
  const taken = [
    schemas.length > 0 && `select 'schema ' || n.nspname from pg_namespace n
    where n.nspname = any (array[
${listed(schemas)}
    ])`,
    relations.length > 0 &&
    `select case
        when c.relkind in ('v', 'm') then 'view'
        when c.relkind in ('i', 'I') then 'index'
        when c.relkind = 'S' then 'sequence'
        when c.relkind = 'c' then 'type'
        else 'table'
      end || ' public.' || c.relname
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relname = any (v_relations)
    union all
    select 'type public.' || t.typname from pg_type t
    where t.typnamespace = 'public'::regnamespace and t.typname = any (v_relations)
      and not exists (select from pg_class c where c.reltype = t.oid)`,
    functions.length > 0 && `select distinct 'function public.' || p.proname from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname = any (array[
${listed(functions)}
    ])`,
  ].filter((each) => each !== false);
  if (taken.length === 0) return null;
  const declared = relations.length > 0
    ? `  v_relations constant text[] := array[\n${listed(relations)}\n  ];\n`
    : "";
  return `-- Stops before anything changed where somebody else has a name of ours.
do $guard$
declare
${declared}  v_taken text;
begin
  select string_agg(t.name, ', ' order by t.name) into v_taken
  from (
    ${taken.join("\n    union all\n    ")}
  ) t (name);
  if v_taken is not null then
    raise exception using
      errcode = 'duplicate_object',
      message = format(
        'Recado stops before it changed anything, because names that it needs are taken: rename %s, or give Recado a Supabase project of its own.',
        v_taken
      );
  end if;
end;
$guard$;
`;
}

/** As an array's elements, in lines of readable length. */
function listed(names: string[]): string {
  const lines: string[] = [];
  for (const name of names.map((each) => `'${each}'`)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + name.length > 98) lines.push(`      ${name}`);
    else lines[lines.length - 1] = `${last}, ${name}`;
  }
  return lines.join(",\n");
}
