import assert from "node:assert/strict";
import postgres from "postgres";
import { openProject, type Project } from "ops/project.ts";
import { register } from "ops/register.ts";
import { testSettings } from "stack/settings.ts";
import type { ScriptedModel } from "stack/model/scripted_model.ts";
import { startTwilioSimulator, type TwilioSimulator } from "stack/twilio/simulator.ts";
import { type Stack, startStack } from "stack/stack.ts";
import { accountSid, authToken, sender } from "../fixtures/test_stack.ts";

export const tenantA = { accountSid, authToken, sender };
export const tenantB = {
  accountSid: `AC${"b".repeat(32)}`,
  authToken: "token-of-tenant-b",
  sender: "whatsapp:+15550002222",
};

export interface TwoTenantStack extends AsyncDisposable {
  stack: Stack;
  project: Project;
  /** Each tenant's own Twilio account. */
  twilioA: TwilioSimulator;
  twilioB: TwilioSimulator;
  model: ScriptedModel;
  sql: postgres.Sql;
  webhookUrl: string;
}

/** Recado with the demo tenant and a second one, registered as an operator does, behind one Twilio with both accounts. */
export async function startTwoTenants(): Promise<TwoTenantStack> {
  await using parts = new AsyncDisposableStack();
  const dataDir = await Deno.makeTempDir({ prefix: "recado-test-" });
  parts.defer(() => Deno.remove(dataDir, { recursive: true }));
  const settings = testSettings({ dataDir, quietWindowMs: 300, maxWaitMs: 5_000 });
  const webhookUrl = `http://127.0.0.1:${settings.ports.gateway}/functions/v1/receive-whatsapp-message`;
  const [twilioA, twilioB] = await Promise.all(
    [tenantA, tenantB].map((tenant) => startTwilioSimulator({ ...tenant, webhookUrl })),
  );
  assert(twilioA && twilioB);
  parts.defer(() => twilioA.stop());
  parts.defer(() => twilioB.stop());
  const router = routeByAccount({ [tenantA.accountSid]: twilioA.url, [tenantB.accountSid]: twilioB.url });
  parts.defer(() => router.shutdown());
  const twilioApiBaseUrl = `http://127.0.0.1:${router.addr.port}`;

  const stack = await startStack({ ...settings, twilioApiBaseUrl });
  parts.defer(() => stack.stop());
  assert(stack.model);
  const sql = postgres(stack.databaseUrl, { max: 4, onnotice: () => {} });
  parts.defer(() => sql.end());
  const project = openProject({ SUPABASE_URL: stack.url, TWILIO_API_BASE_URL: twilioApiBaseUrl });
  await register({
    name: "Tenant B",
    email: "b@example.test",
    "user-name": "Bea",
    locale: "en",
    "account-sid": tenantB.accountSid,
    "auth-token": tenantB.authToken,
    sender: tenantB.sender,
    instructions: "The instructions of tenant B.",
  }, project);
  await sql`update assistants set quiet_window_ms = 300, max_wait_ms = 5000`;
  const started = parts.move();
  return {
    stack,
    project,
    twilioA,
    twilioB,
    model: stack.model,
    sql,
    webhookUrl,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** One Twilio for both accounts, told apart by the AccountSid in the path. */
function routeByAccount(origins: Record<string, string>) {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const origin = origins[/AC[0-9a-z]{32}/.exec(pathname)?.[0] ?? ""];
    if (origin === undefined) return new Response(null, { status: 404 });
    const { method } = request;
    const body = method === "POST" ? await request.text() : null;
    return await fetch(origin + pathname + search, { method, headers: request.headers, body });
  });
}
