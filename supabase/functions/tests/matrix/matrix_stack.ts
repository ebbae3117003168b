import postgres from "postgres";
import { createStackEvents } from "../../../../scripts/stack/page/events.ts";
import { type StackSettings, testSettings } from "../../../../scripts/stack/settings.ts";
import type { TwilioSimulator } from "../../../../scripts/stack/simulator/twilio_simulator.ts";
import { type Stack, startStack } from "../../../../scripts/stack/stack.ts";
import { startEchoModel } from "./echo_model.ts";

export const leaseSeconds = 2;

/** What the functions of the matrix are told: leases are short, and nothing is given up on. */
export const functionEnv = {
  BATCH_LOCK_SECONDS: String(leaseSeconds),
  MAX_ATTEMPTS: "1000",
  LOG_LEVEL: "info",
};

export interface MatrixStack extends AsyncDisposable {
  stack: Stack;
  twilio: TwilioSimulator;
  sql: postgres.Sql;
  openaiUrl: string;
  /** How long an unknown send is left alone; 20 s is what the workers' own limits are made for. */
  setGrace(seconds: number): Promise<void>;
}

/**
 * The whole of Recado with healthy functions, a model that does as the customer says, and, unless told otherwise, a sweep
 * that ticks every second. Faulty functions come beside.
 */
export async function startMatrixStack(changes: Partial<StackSettings> = {}): Promise<MatrixStack> {
  const dataDir = await Deno.makeTempDir({ prefix: "recado-matrix-" });
  const model = await startEchoModel();
  const settings = testSettings({
    dataDir,
    ...{ quietWindowMs: 300, maxWaitMs: 2_000, sweepTicks: true, sweepSeconds: 1 },
    openaiBaseUrl: model.url,
    functionEnv,
    ...changes,
  });
  const stack = await startStack(settings, { events: createStackEvents() });
  const { twilio } = stack;
  if (twilio === null) throw new Error("The matrix needs the Twilio simulator.");
  const sql = postgres(stack.databaseUrl, { max: 6, onnotice: () => {} });
  return {
    ...{ stack, twilio, sql, openaiUrl: model.url },
    setGrace: async (seconds) => {
      await sql.unsafe(
        `create or replace function private.send_grace() returns interval
         language sql immutable set search_path = '' as $$ select interval '${seconds} seconds'; $$`,
      );
    },
    [Symbol.asyncDispose]: async () => {
      await sql.end();
      await stack.stop();
      await model.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}
