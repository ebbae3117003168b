import { z } from "zod";

/** Why the sweep does not run as it should, as `sweep_health` has it. */
const reasons = z.array(z.object({ reason: z.string(), detail: z.string().nullable() }));

const setSecret = (name: string) =>
  `select vault.update_secret(id, '…') from vault.secrets where name = '${name}';`;
const createSecret = (name: string) => `select vault.create_secret('…', '${name}');`;
const logs = "read the logs of the function sweep-conversations";

/** What to do about each. */
export const remedies: Record<string, string> = {
  pg_cron_absent: "enable the extension pg_cron, then: select public.schedule_sweep();",
  pg_net_absent: "enable the extension pg_net",
  vault_absent:
    "enable the extension supabase_vault, then create the secrets recado_sweep_url and recado_internal_api_key",
  schedule_off: "select public.schedule_sweep();",
  schedule_failed: "correct what it names; select * from cron.job_run_details has the rest",
  url_missing: createSecret("recado_sweep_url"),
  url_malformed: `with https://<ref>.supabase.co/functions/v1/sweep-conversations of this project: ${
    setSecret("recado_sweep_url")
  }`,
  key_missing: `with the functions' INTERNAL_API_KEY: ${createSecret("recado_internal_api_key")}`,
  key_malformed: `with the functions' INTERNAL_API_KEY: ${setSecret("recado_internal_api_key")}`,
  key_refused: `it is not the functions' INTERNAL_API_KEY: ${setSecret("recado_internal_api_key")}`,
  function_missing: "deploy sweep-conversations, or correct the secret recado_sweep_url",
  function_failed: logs,
  call_failed: "see that recado_sweep_url is this project's address, and that the project is up",
  call_timed_out: logs,
  call_unanswered: "select net.worker_restart();",
  runs_unfinished: logs,
  never_ran:
    "wait for the first tick; if there is no other reason and none comes, read the logs of sweep-conversations",
  last_run_old: "if there is no other reason, read the logs of the function sweep-conversations",
};

/** A line a reason: its code, what was found, what to do. */
export function adviceOf(found: unknown): string[] {
  return reasons.parse(found).map(({ reason, detail }) => {
    const remedy = remedies[reason];
    return `${reason.padEnd(17)}  ${[detail, remedy].filter(Boolean).join(" → ")}`;
  });
}
