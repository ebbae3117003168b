import postgres from "postgres";
import { prepareDatabase } from "stack/migrations/migrate.ts";
import { freePort } from "stack/processes/ports.ts";
import { startPostgres } from "stack/postgres/server.ts";
import type { Comparison } from "./comparison.ts";
import { hotUpdates } from "./hot_updates.ts";
import { insertThenCatch } from "./insert_then_catch.ts";
import { ingestCost } from "./ingest_cost.ts";

const benches = [insertThenCatch, hotUpdates, ingestCost];

/** Runs every comparison on a PostgreSQL of its own and prints the ratios. Figures of one machine mean little; ratios do. */
async function main(): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "recado-bench-" });
  const server = await startPostgres({ dataDir: `${home}/data`, port: freePort() });
  const sql = postgres(server.url, { max: 4, onnotice: () => {} });
  const found: Comparison[] = [];
  try {
    await prepareDatabase(server.url, { seed: true });
    for (const bench of benches) {
      if (!Deno.args.includes("--json")) console.error(`${bench.name} …`);
      found.push(...await bench(sql));
    }
  } finally {
    await sql.end();
    await server.stop();
    await Deno.remove(home, { recursive: true });
  }
  if (Deno.args.includes("--json")) return console.log(JSON.stringify(found));
  for (const { decision, unit, ours, other } of found) {
    const ratio = ours > 0 && other > 0
      ? `  ${(Math.max(ours, other) / Math.min(ours, other)).toFixed(1)}×`
      : "";
    console.log(`${decision}: ${figure(ours)} against ${figure(other)} ${unit}${ratio}`);
  }
}

function figure(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });
}

if (import.meta.main) await main();
