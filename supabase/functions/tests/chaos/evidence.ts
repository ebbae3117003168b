import type { StackEvent } from "../../../../scripts/stack/page/events.ts";
import type { Arena } from "./arena.ts";

export interface Evidence {
  lines: StackEvent[];
}

/** A day's run must not fill the memory: what is older than this many lines is forgotten. */
const keptLines = 150_000;

export function watchEvidence(arena: Arena): Evidence {
  const evidence: Evidence = { lines: [] };
  arena.follow((line) => {
    evidence.lines.push(line);
    if (evidence.lines.length > keptLines * 1.25) evidence.lines = evidence.lines.slice(-keptLines);
  });
  return evidence;
}

const tables = ["sessions", "conversations", "messages", "message_queue", "reply_batches", "sweep_runs"];

/** Everything that may explain a verdict, in a folder that stays: logs, tables, what the outside saw. */
export async function keepEvidence(arena: Arena, evidence: Evidence, name: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: `recado-${name}-evidence-` });
  await Deno.writeTextFile(`${folder}/log.jsonl`, jsonLines(evidence.lines));
  await Deno.writeTextFile(`${folder}/outside.jsonl`, jsonLines(arena.log.messages()));
  await Deno.writeTextFile(`${folder}/twilio.jsonl`, jsonLines(arena.twilio.messages()));
  for (const table of tables) {
    try {
      const rows = await arena.sql`select * from ${arena.sql(table)}`;
      await Deno.writeTextFile(`${folder}/${table}.jsonl`, jsonLines(rows));
    } catch (cause) {
      await Deno.writeTextFile(`${folder}/${table}.error`, String(cause));
    }
  }
  return folder;
}

function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => JSON.stringify(row) + "\n").join("");
}
