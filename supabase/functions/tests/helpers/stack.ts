import assert from "node:assert/strict";
import postgres from "postgres";
import { allRows } from "./all_rows.ts";
import { createStackEvents, type StackEvent } from "../../../../scripts/stack/page/events.ts";
import { type StackSettings, testSettings } from "../../../../scripts/stack/settings.ts";
import type { ScriptedModel } from "../../../../scripts/stack/simulator/model.ts";
import type { TwilioSimulator } from "../../../../scripts/stack/simulator/twilio_simulator.ts";
import { type Stack, startStack } from "../../../../scripts/stack/stack.ts";

export const accountSid = "AC00000000000000000000000000000001";
export const authToken = "local-auth-token";
export const sender = "whatsapp:+14155238886";

export interface TestStack extends AsyncDisposable {
  stack: Stack;
  twilio: TwilioSimulator;
  model: ScriptedModel;
  sql: postgres.Sql;
  /** Every log line so far. */
  lines: StackEvent[];
  /** One tick of the sweep, as the cron would make it. */
  sweep(): Promise<Response>;
}

const modelKey = "sk-the-key-of-a-test-stack";

/**
 * The whole of Recado on free ports, with a database of its own, gone afterwards. No clock calls the sweep.
 * When it ends, neither a table nor a log line may hold one of its secrets.
 */
export async function startTestStack(changes: Partial<StackSettings> = {}): Promise<TestStack> {
  const dataDir = await Deno.makeTempDir({ prefix: "recado-test-" });
  const events = createStackEvents();
  const lines: StackEvent[] = [];
  events.subscribe((event) => lines.push(event));
  const functionEnv = { OPENAI_API_KEY: modelKey, ...changes.functionEnv };
  const settings = testSettings({ dataDir, quietWindowMs: 300, maxWaitMs: 5_000, ...changes, functionEnv });
  const secrets = [
    settings.twilioAuthToken ?? authToken,
    settings.internalApiKey,
    settings.credentialsKey,
    functionEnv.OPENAI_API_KEY,
  ];
  const stack = await startStack(settings, { events });
  assert(stack.twilio && stack.model);
  const sql = postgres(stack.databaseUrl, { max: 4, onnotice: () => {} });
  return {
    stack,
    twilio: stack.twilio,
    model: stack.model,
    sql,
    lines,
    sweep: () =>
      fetch(`${stack.url}/functions/v1/sweep-conversations`, {
        method: "POST",
        headers: { "x-internal-api-key": stack.internalApiKey },
      }),
    [Symbol.asyncDispose]: async () => {
      const texts: string[] = [];
      try {
        for (const [table, rows] of await allRows(sql)) {
          if (!table.startsWith("supabase_migrations.")) texts.push(...rows);
        }
      } finally {
        await sql.end();
        await stack.stop();
        await Deno.remove(dataDir, { recursive: true });
      }
      texts.push(...lines.map((line) => JSON.stringify(line)));
      for (const text of texts) {
        assert(!secrets.some((secret) => text.includes(secret)), `a secret was written: ${text}`);
      }
    },
  };
}
