import { startDataApi } from "./data_api/launch.ts";
import { demo } from "./demo.ts";
import { prepareDataFolder } from "./data_folder.ts";
import { startDatabase } from "./postgres/database.ts";
import { applyDemoSettings } from "./demo_tenant.ts";
import { functionEnvironment, publicFunctionsUrl } from "./functions/environment.ts";
import { startFunctions } from "./functions/functions.ts";
import { type Health, startGateway, type Upstreams } from "./gateway.ts";
import { type LocalKeys, localKeys } from "./local_keys.ts";
import { prepareDatabase } from "./migrations/migrate.ts";
import { startOutside } from "./outside.ts";
import { createStackEvents, type StackEvents } from "./events/stack_events.ts";
import { startPage } from "./page/page_server.ts";
import { announcer, tell } from "./events/part_log.ts";
import { assertPortsFree } from "./processes/ports.ts";
import type { StackSettings } from "./settings.ts";
import type { ScriptedModel } from "./model/scripted_model.ts";
import type { TwilioSimulator } from "./twilio/simulator.ts";
import { createTeardown, type Teardown } from "./processes/teardown.ts";
import { startTicker } from "./ticker.ts";

export interface Stack {
  /** The gateway, which is `SUPABASE_URL`. */
  readonly url: string;
  readonly publicFunctionsUrl: string;
  readonly databaseUrl: string;
  readonly pageUrl: string;
  readonly keys: LocalKeys;
  readonly internalApiKey: string;
  /** Null when the settings name the real one. */
  readonly twilio: TwilioSimulator | null;
  readonly model: ScriptedModel | null;
  readonly events: StackEvents;
  /** Those whose `index.ts` exists. */
  readonly functions: readonly string[];
  health(): Health;
  pids(): Health["pids"];
  /** SIGKILL to every function process; they are started again. */
  killFunctions(): void;
  stop(): Promise<void>;
}

/** Starts all parts and settles when all of them answer. On failure, or when `teardown` is run meanwhile, nothing is left. */
export async function startStack(
  settings: StackSettings,
  { events = createStackEvents(), teardown = createTeardown() } = {},
): Promise<Stack> {
  try {
    return await start(settings, events, teardown);
  } catch (cause) {
    await teardown.run();
    throw cause;
  }
}

async function start(settings: StackSettings, events: StackEvents, teardown: Teardown): Promise<Stack> {
  const announced = announcer(events);
  const { gateway: gatewayPort, database: databasePort, page: pagePort } = settings.ports;
  await assertPortsFree({
    "the gateway": gatewayPort,
    ...(settings.databaseUrl === null && { PostgreSQL: databasePort }),
    "the page": pagePort,
  });
  await prepareDataFolder(settings.dataDir, settings);
  const keys = await localKeys();

  // First, so that whoever asks for /health hears "not yet" rather than nothing.
  const upstreams: Upstreams = { dataApi: () => null, functionOrigin: () => null, health: () => notReady };
  const gateway = await teardown.own(
    startGateway(gatewayPort, upstreams, events),
    (part) => part.stop(),
  );
  const outside = await startOutside(settings, gateway.url, { teardown, announced });
  const database = await announced(
    "PostgreSQL",
    teardown.own(startDatabase(settings, events), (part) => part.stop()),
    () => settings.databaseUrl === null ? `port ${databasePort}` : "yours, by DATABASE_URL",
  );
  const prepared = prepareDatabase(database.url, { seed: true })
    .then(() => applyDemoSettings(database.url, settings));
  await announced("migrations", prepared, () => "");

  const siteUrl = `http://127.0.0.1:${pagePort}`;
  const startingDataApi = teardown.own(
    startDataApi({ databaseUrl: database.url, siteUrl }, events),
    (part) => part.stop(),
  );
  const env = functionEnvironment(settings, keys, {
    gateway: gateway.url,
    database: database.url,
    twilio: outside.twilioUrl,
    openai: outside.openaiUrl,
  });
  // Owned last and so stopped first: what they hand back at the end still needs the others.
  const startingFunctions = teardown.own(startFunctions(env, events), (part) => part.stop());
  const [dataApi, functions] = await Promise.all([
    announced("Data API", startingDataApi, () => `${gateway.url}/rest/v1`),
    announced("functions", startingFunctions, ({ names }) => names.join(", ") || "none yet"),
  ]);

  const health = (): Health => ({
    ready: database.isUp() && dataApi.current() !== null && functions.allUp(),
    pids: { functions: functions.pids(), postgres: database.pid() },
  });
  Object.assign(upstreams, {
    dataApi: () => dataApi.current()?.origin ?? null,
    functionOrigin: functions.origin,
    health,
  });
  // While one key follows another there are two; either opens.
  const [internalApiKey = ""] = settings.internalApiKey.split(",");
  if (settings.sweepTicks && functions.names.includes("sweep-conversations")) {
    const url = `${gateway.url}/functions/v1/sweep-conversations`;
    const sweep = { url, key: internalApiKey, seconds: settings.sweepSeconds };
    const ticker = teardown.own(startTicker(sweep, events), (part) => part.stop());
    await announced("sweep", ticker, () => `every ${settings.sweepSeconds} s`);
  }

  const { twilio: simulator } = outside;
  const page = await announced(
    "page",
    teardown.own(
      startPage({ port: pagePort, simulator, events, sender: demo.sender, health }),
      (part) => part.stop(),
    ),
    ({ url }) => url,
  );

  tell(events, "info", "stack.ready", { url: gateway.url, database: database.url, ...health() });
  return {
    url: gateway.url,
    publicFunctionsUrl: publicFunctionsUrl(settings, gateway.url),
    databaseUrl: database.url,
    pageUrl: page.url,
    keys,
    internalApiKey,
    twilio: outside.twilio,
    model: outside.model,
    events,
    functions: functions.names,
    health,
    pids: () => health().pids,
    killFunctions: functions.kill,
    stop: teardown.run,
  };
}

const notReady: Health = { ready: false, pids: { functions: [], postgres: null } };
