import { demo } from "./demo.ts";
import type { StackSettings } from "./settings.ts";
import type { Stack } from "./stack.ts";

export const helpText =
  `Starts the whole of Recado on this machine: PostgreSQL, the Data API, the edge functions, a Twilio
simulator, a scripted model, the sweep and a page that looks like WhatsApp.

  npx -y deno task start [--fresh] [--json] [--data=FOLDER]

  --fresh   start anew: forget the database and the messages of earlier runs
  --json    print the log as JSON lines
  --data    keep the data in this folder (.recado)
  --help    this text

Settings are environment variables:
  PORT                    gateway; the database is at PORT + 1, the page at PORT + 2 (54321)
  DATABASE_URL            use this empty or earlier Recado database instead of starting one
  TWILIO_API_BASE_URL     use this Twilio instead of the simulator
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN     the demo tenant's Twilio account
  PUBLIC_FUNCTIONS_URL    what Twilio calls, ending in /functions/v1, when a tunnel leads here
  OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL     use this model instead of the scripted one
  QUIET_WINDOW_MS, MAX_WAIT_MS     when a batch is closed (4000, 20000)
  SWEEP_SECONDS           how often the sweep runs (30)
  CREDENTIALS_KEY, INTERNAL_API_KEY, BATCH_LOCK_SECONDS, AI_TIMEOUT_MS, MAX_ATTEMPTS, LOG_LEVEL,
  OPENAI_API              as the functions know them`;

/** What to do now that it runs. */
export function welcome(stack: Stack, settings: StackSettings): string {
  const webhook = `${stack.publicFunctionsUrl}/receive-whatsapp-message`;
  const rows: [string, string][] = [
    ["Open", stack.pageUrl],
    ["Supabase URL", stack.url],
    ["Database", stack.databaseUrl],
    ["Webhook", webhook],
    ["Secret key", stack.keys.secret],
    ["Demo sender", `${demo.sender} (${settings.twilioAccountSid ?? demo.accountSid})`],
  ];
  const table = rows.map(([name, value]) => `  ${name.padEnd(14)}${value}`);
  const hints = [
    ...(stack.model ? ["Real model:  OPENAI_API_KEY=… npx -y deno task start"] : []),
    ...(stack.twilio ? realTwilio : [`In Twilio, set the sender's webhook to ${webhook}#rc=3&rp=ct,rt,5xx`]),
    "Anew:        npx -y deno task start --fresh",
  ];
  return ["", ...table, "", ...hints.map((hint) => `  ${hint}`), "", "  Ctrl-C ends it.", ""].join("\n");
}

const realTwilio = [
  "Real Twilio: TWILIO_API_BASE_URL=https://api.twilio.com TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=…",
  "             PUBLIC_FUNCTIONS_URL=https://your-tunnel/functions/v1 npx -y deno task start",
];
