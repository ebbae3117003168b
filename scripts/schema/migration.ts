import { isDestructiveAction, type Plan, plan, provePlan, renderPlanFiles } from "@supabase/pg-delta";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { runCommand } from "../ops/command.ts";
import { guardOf, namesOf, newNames } from "./guard.ts";
import { openToAll } from "./open_to_all.ts";
import { buildBoth, type Sources } from "./two_databases.ts";

const usage =
  `deno task migration <name>: the next file of supabase/migrations, from what changed in supabase/schemas

  --drops   allows what loses data or takes something away`;

export interface Draft {
  /** Null: migrations and schema build the same database. */
  sql: string | null;
  /** What loses data or takes something away, a statement each. */
  drops: string[];
}

/**
 * What leads from the migrations to the declared schema, proved on a copy: applied there, nothing is left to do. AppErrors as
 * `buildBoth`; `migration_drops` unless drops are allowed; `function_open`, `migration_not_portable`, `migration_not_proved`.
 */
export async function draftMigration(sources: Sources & { allowDrops?: boolean } = {}): Promise<Draft> {
  await using both = await buildBoth(sources);
  await refuseOpenFunctions(both.declaredUrl);
  const changes = plan(both.migrated, both.declared);
  if (changes.actions.length === 0) return { sql: null, drops: [] };
  const drops = changes.actions.filter(isDestructiveAction).map(({ sql }) => sql);
  if (drops.length > 0 && !sources.allowDrops) {
    throw new AppError("migration_drops", `--drops allows these:\n  ${drops.join("\n  ")}`);
  }
  const guard = guardOf(newNames(await namesOf(both.migratedUrl), await namesOf(both.declaredUrl)));
  const sql = (guard === null ? "" : `${guard}\n`) + textOf(changes);
  const proof = await provePlan(changes, both.migratedPool, both.declared);
  if (!proof.ok) {
    throw new AppError("migration_not_proved", "Applied to a copy, it does not lead to the declared schema.");
  }
  return { sql, drops };
}

async function refuseOpenFunctions(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const open = await openToAll(sql);
    if (open.length === 0) return;
    throw new AppError(
      "function_open",
      `Everybody may call what 90_access/functions.sql does not name:\n  ${open.join("\n  ")}`,
    );
  } finally {
    await sql.end();
  }
}

/** Whoever pushes owns what is made, and may do all with it, as ever. AppError `migration_not_portable`: PostgreSQL 15 would refuse it. */
function textOf(changes: Plan): string {
  const { files } = renderPlanFiles(changes, { allowDrops: true });
  const text = (files.map(({ contents }) => contents.trim()).join("\n\n") + "\n")
    .replaceAll(/^ALTER \w+ .* OWNER TO .*;\n\n?|^(GRANT|REVOKE) .* (TO|FROM) "postgres";\n\n?/gm, "");
  const [grant] = text.match(/^GRANT .*\bMAINTAIN\b.*$/m) ?? [];
  if (grant) {
    throw new AppError(
      "migration_not_portable",
      `\`grant all\` is more on 17 than on 15: name the privileges instead.\n  ${grant}`,
    );
  }
  return text;
}

/** As the Supabase CLI names them: UTC to the second. */
function versionOf(now: Date): string {
  return now.toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

async function main(): Promise<void> {
  const { values, positionals: [name, ...others] } = parseArgs({
    args: Deno.args,
    options: { drops: { type: "boolean" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help) return console.log(usage);
  if (name === undefined || others.length > 0 || !/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new AppError(
      "name_malformed",
      `A migration has one name, in lower case and underscores.\n\n${usage}`,
    );
  }
  console.error("Building what the migrations make, and what supabase/schemas says …");
  const { sql, drops } = await draftMigration({ allowDrops: values.drops ?? false });
  if (sql === null) return console.log("Nothing changed: migrations and schema build the same database.");
  const file = `supabase/migrations/${versionOf(new Date())}_${name}.sql`;
  await Deno.writeTextFile(new URL(`../../${file}`, import.meta.url), sql);
  console.log(`${file} is written and proved. Read it, then run \`deno task types\`.`);
  for (const drop of drops) console.log(`It takes away: ${drop}`);
}

if (import.meta.main) await runCommand(main);
