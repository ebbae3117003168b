import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { lineAt, type SqlStatement, sqlStatements } from "./sql_statements.ts";
import { ensureSupabaseSchema } from "./supabase_schema.ts";

export interface PrepareOptions {
  /** Whether the demo data goes in, once. */
  seed: boolean;
  onProgress?: (step: string) => void;
  /** Where `migrations/` and `seed.sql` are. */
  folder?: URL;
}

interface Migration {
  version: string;
  name: string;
  file: string;
  statements: SqlStatement[];
}

const supabaseFolder = new URL("../../../supabase/", import.meta.url);

/**
 * Brings a database up to date: what Supabase provides, then every migration that is new there, each whole or not at all,
 * recorded as the Supabase CLI records them. Throws `migration_failed`, `migrations_changed` or `database_of_supabase`.
 */
export async function prepareDatabase(url: string, options: PrepareOptions): Promise<void> {
  const { seed, onProgress = () => {}, folder = supabaseFolder } = options;
  const sql = await connected(url);
  try {
    // Two at once would trip over each other; the lock ends with the connection.
    await sql`select pg_advisory_lock(hashtext('recado.migrations'))`;
    await ensureSupabaseSchema(sql, url);
    const migrations = await readMigrations(folder);
    for (const migration of await notYetApplied(sql, migrations)) {
      onProgress(migration.file);
      await apply(sql, migration);
    }
    if (seed && await sow(sql, folder)) onProgress("seed.sql");
  } finally {
    await sql.end();
  }
}

async function connected(url: string): Promise<postgres.Sql> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select 1`;
    return sql;
  } catch (cause) {
    await sql.end();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("database_unreachable", `The database cannot be reached: ${reason}.`, {
      cause,
      retryable: true,
    });
  }
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for await (const { name: file } of Deno.readDir(new URL("migrations/", folder))) {
    // The Supabase CLI's own rule of what is a migration.
    const [, version, name] = file.match(/^([0-9]+)_(.*)\.sql$/) ?? [];
    if (version === undefined || name === undefined) continue;
    const text = await Deno.readTextFile(new URL(`migrations/${file}`, folder));
    migrations.push({ version, name, file: `migrations/${file}`, statements: sqlStatements(text) });
  }
  return migrations.sort((a, b) => a.file < b.file ? -1 : 1);
}

async function notYetApplied(sql: postgres.Sql, migrations: Migration[]): Promise<Migration[]> {
  const applied = await sql<{ version: string; statements: string[] | null }[]>`
    select version, statements from supabase_migrations.schema_migrations`;
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, statements } of applied) {
    const migration = known.get(version);
    if (migration && (statements === null || sameText(statements, migration))) continue;
    throw new AppError(
      "migrations_changed",
      `Migration ${version} changed after it was applied to this database: start with --fresh, which empties it.`,
    );
  }
  const done = new Set(applied.map(({ version }) => version));
  return migrations.filter(({ version }) => !done.has(version));
}

async function apply(sql: postgres.Sql, migration: Migration): Promise<void> {
  await sql.begin(async (transaction) => {
    for (const statement of migration.statements) await execute(transaction, statement, migration.file);
    await transaction`
      insert into supabase_migrations.schema_migrations (version, name, statements)
      values (${migration.version}, ${migration.name}, ${textsOf(migration)})`;
  });
  // A migration may have set things for its own use.
  await sql`reset all`;
}

/** Whether the seed was new here. Like the CLI it is remembered by its path. */
async function sow(sql: postgres.Sql, folder: URL): Promise<boolean> {
  const file = new URL("seed.sql", folder);
  const path = `${basename(fileURLToPath(folder))}/seed.sql`;
  const [known] = await sql`select 1 from supabase_migrations.seed_files where path = ${path}`;
  if (known) return false;
  const text = await textOf(file);
  if (text === null) return false;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  await sql.begin(async (transaction) => {
    for (const statement of sqlStatements(text)) await execute(transaction, statement, "seed.sql");
    await transaction`
      insert into supabase_migrations.seed_files (path, hash)
      values (${path}, ${
      new Uint8Array(digest).reduce((hex, byte) => hex + byte.toString(16).padStart(2, "0"), "")
    })`;
  });
  return true;
}

async function execute(
  sql: postgres.TransactionSql,
  { text, line }: SqlStatement,
  file: string,
): Promise<void> {
  try {
    await sql.unsafe(text);
  } catch (cause) {
    if (!(cause instanceof postgres.PostgresError)) throw cause;
    const at = cause.position ? line + lineAt(text, Number(cause.position) - 1) - 1 : line;
    const [opening = ""] = text.split("\n");
    throw new AppError(
      "migration_failed",
      `supabase/${file}, line ${at}: ${cause.message} (${cause.code}) in the statement "${
        opening.slice(0, 100)
      }".`,
      { cause },
    );
  }
}

/** The CLI keeps the comments before a statement. */
function sameText(recorded: string[], migration: Migration): boolean {
  const statements = sqlStatements(recorded.join("\n;\n"));
  return JSON.stringify(textsOf({ statements })) === JSON.stringify(textsOf(migration));
}

function textsOf({ statements }: Pick<Migration, "statements">): string[] {
  return statements.map(({ text }) => text);
}

async function textOf(file: URL): Promise<string | null> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    throw cause;
  }
}
