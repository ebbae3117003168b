import postgres from "postgres";
import { createStackEvents, type StackEvent } from "stack/events/stack_events.ts";
import { testSettings } from "stack/settings.ts";
import { startTwilioSimulator, type TwilioSimulator } from "stack/twilio/simulator.ts";
import { type Stack, startStack } from "stack/stack.ts";
import type { Teardown } from "stack/processes/teardown.ts";
import { accountSid, authToken, sender } from "../fixtures/test_stack.ts";
import { customerAddress } from "../fixtures/customer_address.ts";
import { type EchoModel, startEchoModel } from "../doubles/echo_model.ts";
import { createOutsideLog, type OutsideLog, tokenOfMessage } from "./outside_log.ts";

export interface ChaosStackOptions {
  leaseSeconds: number;
  sweepSeconds: number;
  quietWindowMs: number;
  maxWaitMs: number;
  /** Drawn anew for every call. */
  modelDelayMs: () => number;
  /** PostgreSQL must survive being killed. */
  durable: boolean;
  /** Between accepting a message and saying so. */
  twilioDelayMs: number;
  /** Further variables for the functions. */
  functionEnv?: Record<string, string>;
}

/** The whole of Recado as real processes, and the outside world in ours, which nobody kills. */
export interface ChaosStack {
  readonly options: ChaosStackOptions;
  readonly dataDir: string;
  readonly stack: Stack;
  readonly twilio: TwilioSimulator;
  readonly model: EchoModel;
  readonly log: OutsideLog;
  /** Straight to the database, for looking and for breaking things. */
  readonly sql: postgres.Sql;
  /** Follows what all parts log. */
  follow(listener: (event: StackEvent) => void): void;
  /** One message, posted once or several times at once; resolves with the statuses of its webhooks. */
  send(customer: number, options?: { times?: number }): Promise<(number | null)[]>;
}

export const maxAttempts = 1_000;

export async function startChaosStack(options: ChaosStackOptions, teardown: Teardown): Promise<ChaosStack> {
  try {
    return await open(options, teardown);
  } catch (cause) {
    await teardown.run();
    throw cause;
  }
}

async function open(options: ChaosStackOptions, teardown: Teardown): Promise<ChaosStack> {
  const dataDir = await teardown.own(
    Deno.makeTempDir({ prefix: "recado-chaos-" }),
    (folder) => Deno.remove(folder, { recursive: true }),
  );
  const log = createOutsideLog();
  const events = createStackEvents();
  const model = await teardown.own(startEchoModel({ delayMs: options.modelDelayMs }), (part) => part.stop());
  const settings = testSettings({
    dataDir,
    durable: options.durable,
    openaiBaseUrl: model.url,
    quietWindowMs: options.quietWindowMs,
    maxWaitMs: options.maxWaitMs,
    sweepSeconds: options.sweepSeconds,
    sweepTicks: true,
    functionEnv: {
      BATCH_LOCK_SECONDS: String(options.leaseSeconds),
      MAX_ATTEMPTS: String(maxAttempts),
      ...options.functionEnv,
    },
  });
  const functions = `http://127.0.0.1:${settings.ports.gateway}/functions/v1`;
  const simulator = startTwilioSimulator({
    accountSid,
    authToken,
    sender,
    webhookUrl: `${functions}/receive-whatsapp-message#rc=3&rp=ct,rt,5xx`,
    onEvent: (event) => {
      if (event.kind !== "message" || event.message.direction !== "outbound-api") return;
      log.reply(event.message.sid, event.message.body);
    },
  });
  const twilio = await teardown.own(simulator, (part) => part.stop());
  if (options.twilioDelayMs > 0) {
    twilio.inject({ kind: "delay", ms: options.twilioDelayMs }, { times: Infinity });
  }
  const stack = await teardown.own(
    startStack({ ...settings, twilioApiBaseUrl: twilio.url }, { events }),
    (part) => part.stop(),
  );
  const connection = { max: 4, onnotice: () => {}, connection: { application_name: "chaos" } };
  const sql = await teardown.own(
    Promise.resolve(postgres(stack.databaseUrl, connection)),
    (client) => client.end({ timeout: 1 }),
  );
  // These customers write without end, and nobody is to take them for machines.
  await sql`update assistants set max_replies_per_minute = 1000000, max_replies_per_hour = 1000000`;
  return {
    options,
    dataDir,
    stack,
    twilio,
    model,
    log,
    sql,
    follow: (listener) => void events.subscribe(listener),
    send: (customer, { times = 1 } = {}) => send(customer, times, { twilio, log }),
  };
}

async function send(
  customer: number,
  times: number,
  { twilio, log }: { twilio: TwilioSimulator; log: OutsideLog },
) {
  const message = log.write(customer);
  const address = customerAddress(customer);
  const sid = messageSidOf(message.token);
  const params = {
    MessageSid: sid,
    SmsMessageSid: sid,
    SmsSid: sid,
    AccountSid: accountSid,
    ApiVersion: "2010-04-01",
    From: address,
    To: sender,
    WaId: address.replace(/^whatsapp:\+?/, ""),
    Body: `Pedido ${message.token}`,
    NumMedia: "0",
    NumSegments: "1",
    SmsStatus: "received",
    MessageType: "text",
  };
  const answers = await twilio.deliver(params, { times });
  if (answers.some(({ status }) => status === 200)) log.acknowledged(message);
  return answers.map(({ status }) => status);
}

/** The customer's number and the message's, in the 32 digits of a SID. */
function messageSidOf(token: string): string {
  const [customer = "", message = ""] = token.slice(1).split("x");
  return `SM${customer.padStart(16, "0")}${message.padStart(16, "0")}`;
}

/** The way back. */
export function tokenOf(messageSid: string): string {
  return tokenOfMessage(Number(messageSid.slice(2, 18)), Number(messageSid.slice(18)));
}
