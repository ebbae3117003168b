import postgres from "postgres";
import { createStackEvents } from "../../../../scripts/stack/page/events.ts";
import { type StackSettings, testSettings } from "../../../../scripts/stack/settings.ts";
import type { TwilioSimulator } from "../../../../scripts/stack/simulator/twilio_simulator.ts";
import { type Stack, startStack } from "../../../../scripts/stack/stack.ts";
import { startTicker } from "../../../../scripts/stack/ticker.ts";
import { type EchoModel, startEchoModel } from "./echo_model.ts";
import { createGate, type Gate } from "./gate.ts";

/** What the functions of the matrix are told: nothing is given up on. */
export const functionEnv = { MAX_ATTEMPTS: "1000", LOG_LEVEL: "info" };

export interface MatrixStack extends AsyncDisposable {
  stack: Stack;
  twilio: TwilioSimulator;
  model: EchoModel;
  sql: postgres.Sql;
  gate: Gate;
  /** Whether a clock calls the sweep, every second. */
  tick(on: boolean): void;
  /** How long an unknown send is left alone. Only where no lease ends before its holder is done with Twilio. */
  setGrace(seconds: number): Promise<void>;
}

/**
 * The whole of Recado with healthy functions, a model that does as the customer says, and, unless told otherwise, a sweep
 * that ticks every second. Faulty functions come beside.
 */
export async function startMatrixStack(
  { sweepTicks = true, ...changes }: Partial<StackSettings> = {},
): Promise<MatrixStack> {
  const dataDir = await Deno.makeTempDir({ prefix: "recado-matrix-" });
  const model = await startEchoModel();
  const settings = testSettings({
    dataDir,
    ...{ quietWindowMs: 300, maxWaitMs: 2_000, sweepTicks: false, sweepSeconds: 1 },
    openaiBaseUrl: model.url,
    functionEnv,
    ...changes,
  });
  const stack = await startStack(settings, { events: createStackEvents() });
  const { twilio } = stack;
  if (twilio === null) throw new Error("The matrix needs the Twilio simulator.");
  const sql = postgres(stack.databaseUrl, { max: 6, onnotice: () => {} });
  const sweep = {
    ...{ url: `${stack.publicFunctionsUrl}/sweep-conversations`, key: stack.internalApiKey, seconds: 1 },
  };
  let ticker: ReturnType<typeof startTicker> | null = null;
  const tick = (on: boolean) => {
    if (on) ticker ??= startTicker(sweep, stack.events);
    else ticker?.stop();
    if (!on) ticker = null;
  };
  tick(sweepTicks);
  return {
    ...{ stack, twilio, model, sql, tick },
    gate: await createGate(sql),
    setGrace: async (seconds) => {
      await sql.unsafe(
        `create or replace function private.send_grace() returns interval
         language sql immutable set search_path = '' as $$ select interval '${seconds} seconds'; $$`,
      );
    },
    [Symbol.asyncDispose]: async () => {
      tick(false);
      await sql.end();
      await stack.stop();
      await model.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}
