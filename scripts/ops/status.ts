import { databaseError } from "functions/_shared/db/rpc.ts";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";
import { adviceOf } from "./sweep_reasons.ts";

const command = {
  usage:
    "deno task status: the sweep and why it does not run, what is overdue, and the dead letters, at a glance",
  flags: {},
};

export async function readStatus({ client }: Project) {
  const [health, dead, orphans] = await Promise.all([
    client.from("sweep_health").select().single(),
    client.from("reply_batches").select("id, session_id, closed_at, error").eq("outcome", "dead")
      .order("closed_at", { ascending: false }).limit(20),
    client.from("orphaned_messages").select("id", { count: "exact", head: true }).is("resolved_at", null),
  ]);
  if (health.error) throw databaseError("sweep_health", health.error, health.status);
  if (dead.error) throw databaseError("reply_batches", dead.error, dead.status);
  if (orphans.error) throw databaseError("orphaned_messages", orphans.error, orphans.status);
  return { sweep: health.data, dead_letters: dead.data, orphaned_messages: orphans.count };
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const status = await readStatus(openProject(Deno.env.toObject()));
    if (values.json) return console.log(JSON.stringify(status));
    const { sweep, dead_letters, orphaned_messages } = status;
    const advice = adviceOf(sweep?.reasons ?? []).map((line) => `\n  ${line}`).join("");
    console.log(
      `Sweep              ${sweep?.is_dead ? "DEAD" : "alive"}, last finished ${
        sweep?.last_finished_at ?? "never"
      }${advice}
Schedule           ${sweep?.schedule ?? "none here"}
Overdue            ${sweep?.overdue_messages} messages, ${sweep?.overdue_conversations} conversations, ${sweep?.overdue_sends} sends (oldest ${sweep?.late_seconds} s)
Orphaned messages  ${orphaned_messages}
Dead letters       ${dead_letters?.length ?? 0}`,
    );
    for (const { id, closed_at, error } of dead_letters ?? []) {
      console.log(`  ${id}  ${closed_at}  ${JSON.stringify(error)}`);
    }
  });
}
