import { extract, type FactBase, loadSqlFiles, ShadowLoadError } from "@supabase/pg-delta";
import pg from "pg";
import postgres from "postgres";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { prepareDatabase } from "stack/migrations/migrate.ts";
import { ensureSupabaseSchema } from "stack/migrations/supabase_schema.ts";
import { type PostgresBinaries, postgresBinaries } from "stack/postgres/binaries.ts";
import { startPostgres } from "stack/postgres/server.ts";
import { freePort } from "stack/processes/ports.ts";
import { readSchemaFiles, type SchemaFile } from "./schema_files.ts";

/** Two databases of one throw-away server: what the migrations make, and what the files of the schema say. */
export interface TwoDatabases extends AsyncDisposable {
  readonly migratedUrl: string;
  readonly declaredUrl: string;
  readonly migrated: FactBase;
  readonly declared: FactBase;
  /** For proofs: applies to it are undone by nobody. */
  readonly migratedPool: pg.Pool;
}

export interface Sources {
  /** The folder that has `migrations/`; this project's unless told. */
  supabase?: URL;
  files?: SchemaFile[];
  binaries?: PostgresBinaries;
}

/** Throws `migration_failed` and, for a file of the schema that PostgreSQL refuses, `schema_refused`. */
export async function buildBoth(
  { supabase, files, binaries = postgresBinaries() }: Sources = {},
): Promise<TwoDatabases> {
  await using parts = new AsyncDisposableStack();
  const home = await Deno.makeTempDir({ prefix: "recado-schema-" });
  parts.defer(() => Deno.remove(home, { recursive: true }));
  const server = await startPostgres({ dataDir: `${home}/data`, port: freePort(), durable: false, binaries });
  parts.defer(async () => void await server.stop());
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  await admin`create database declared`;
  await admin`create database migrated`;
  await admin.end();
  const [migratedUrl, declaredUrl] = [server.urlOf("migrated"), server.urlOf("declared")];
  await prepareDatabase(migratedUrl, { seed: false, ...(supabase && { folder: supabase }) });
  const sql = postgres(declaredUrl, { max: 1, onnotice: () => {} });
  await ensureSupabaseSchema(sql, declaredUrl);
  await sql.end();

  const pool = (connectionString: string) => {
    const opened = new pg.Pool({ connectionString, max: 2 });
    // Told of idle connections only, when the server ends before them.
    opened.on("error", () => {});
    parts.defer(() => opened.end());
    return opened;
  };
  const migratedPool = pool(migratedUrl);
  const declared = await declare(files ?? await readSchemaFiles(), pool(declaredUrl));
  const { factBase: migrated } = await extract(migratedPool);
  const started = parts.move();
  return {
    migratedUrl,
    declaredUrl,
    migrated,
    declared,
    migratedPool,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

async function declare(files: SchemaFile[], pool: pg.Pool): Promise<FactBase> {
  try {
    return (await loadSqlFiles(files, pool, { mode: "isolatedCluster" })).factBase;
  } catch (cause) {
    if (!(cause instanceof ShadowLoadError)) throw cause;
    const details = cause.details.map(({ message }) => message).join("\n  ");
    throw new AppError("schema_refused", `supabase/schemas cannot be built: ${cause.message}\n  ${details}`, {
      cause,
    });
  }
}
