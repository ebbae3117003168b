import type { StackEvent } from "stack/events/stack_events.ts";
import type { ChaosStack } from "./chaos_stack.ts";

export interface Evidence {
  lines: StackEvent[];
}

/** A day's run must not fill the memory: what is older than this many lines is forgotten. */
const keptLines = 150_000;

export function watchEvidence(chaos: ChaosStack): Evidence {
  const evidence: Evidence = { lines: [] };
  chaos.follow((line) => {
    evidence.lines.push(line);
    if (evidence.lines.length > keptLines * 1.25) evidence.lines = evidence.lines.slice(-keptLines);
  });
  return evidence;
}

const tables = ["sessions", "conversations", "messages", "message_queue", "reply_batches", "sweep_runs"];

/** Everything that may explain a verdict, in a folder that stays: logs, tables, what the outside saw. */
export async function keepEvidence(chaos: ChaosStack, evidence: Evidence, name: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: `recado-${name}-evidence-` });
  await Deno.writeTextFile(`${folder}/log.jsonl`, jsonLines(evidence.lines));
  await Deno.writeTextFile(`${folder}/outside.jsonl`, jsonLines(chaos.log.messages()));
  await Deno.writeTextFile(`${folder}/twilio.jsonl`, jsonLines(chaos.twilio.messages()));
  for (const table of tables) {
    try {
      const rows = await chaos.sql`select * from ${chaos.sql(table)}`;
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
