import assert from "node:assert/strict";
import postgres from "postgres";
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

/** The whole of Recado on free ports, with a database of its own, gone afterwards. No clock calls the sweep. */
export async function startTestStack(changes: Partial<StackSettings> = {}): Promise<TestStack> {
  const dataDir = await Deno.makeTempDir({ prefix: "recado-test-" });
  const events = createStackEvents();
  const lines: StackEvent[] = [];
  events.subscribe((event) => lines.push(event));
  const settings = testSettings({ dataDir, quietWindowMs: 300, maxWaitMs: 5_000, ...changes });
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
      await sql.end();
      await stack.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}
