import { fileURLToPath } from "node:url";
import { prepareDatabase } from "stack/migrations/migrate.ts";
import { freePort } from "stack/processes/ports.ts";
import { startPostgres } from "stack/postgres/server.ts";
import { supabaseCli } from "./supabase_cli.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const file = `${project}/supabase/functions/_shared/db/database.types.ts`;

/** The types of the migrated database, as the Supabase CLI makes them and this project formats them. */
async function generate(): Promise<string> {
  const home = await Deno.makeTempDir({ prefix: "recado-types-" });
  const server = await startPostgres({ dataDir: `${home}/data`, port: freePort(), durable: false });
  try {
    await prepareDatabase(server.url, { seed: false });
    const args = ["gen", "types", "--lang=typescript", "--schema=public", `--remote=${server.url}`];
    const { success, output } = await supabaseCli(args, { project });
    const start = output.indexOf("export type Json");
    if (!success || start < 0) throw new Error(`the CLI failed:\n${output}`);
    const draft = `${home}/database.types.ts`;
    await Deno.writeTextFile(draft, output.slice(start));
    await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", "--config", `${project}/deno.json`, draft],
    })
      .output();
    return await Deno.readTextFile(draft);
  } finally {
    await server.stop();
    await Deno.remove(home, { recursive: true });
  }
}

const types = await generate();
if (!Deno.args.includes("--check")) {
  await Deno.writeTextFile(file, types);
  console.log("supabase/functions/_shared/db/database.types.ts is written.");
} else if (types !== await Deno.readTextFile(file)) {
  console.error("database.types.ts differs from the migrations: run `deno task types`.");
  Deno.exit(1);
} else {
  console.log("database.types.ts is that of the migrations.");
}
