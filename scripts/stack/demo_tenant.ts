import { Secret } from "functions/_shared/runtime/secret.ts";
import postgres from "postgres";
import { encryptAuthToken, parseCredentialsKeys } from "functions/_shared/twilio/credentials.ts";
import { demo } from "./demo.ts";
import type { StackSettings } from "./settings.ts";

/**
 * Gives the demo tenant the account that the stack speaks for, so that what an earlier run was told does not linger, and
 * the batching times that were asked for. False when there is no demo tenant.
 */
export async function applyDemoSettings(databaseUrl: string, settings: StackSettings): Promise<boolean> {
  const accountSid = settings.twilioAccountSid ?? demo.accountSid;
  const [key] = parseCredentialsKeys(settings.credentialsKey);
  const encrypted = await encryptAuthToken(
    new Secret(settings.twilioAuthToken ?? demo.authToken),
    accountSid,
    key,
  );
  const { quietWindowMs, maxWaitMs } = settings;
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    return await sql.begin(async (transaction) => {
      const [sender] = await transaction<{ twilio_account_id: string; assistant_id: string }[]>`
        select twilio_account_id, assistant_id from public.senders where address = ${demo.sender}`;
      if (!sender) return false;
      await transaction`
        update public.twilio_accounts
        set account_sid = ${accountSid}, auth_token_encrypted = ${encrypted}, previous_auth_token_encrypted = null
        where id = ${sender.twilio_account_id}`;
      await transaction`
        update public.assistants
        set quiet_window_ms = coalesce(${quietWindowMs}::integer, quiet_window_ms),
          max_wait_ms = coalesce(${maxWaitMs}::integer, max_wait_ms)
        where id = ${sender.assistant_id}`;
      return true;
    });
  } finally {
    await sql.end();
  }
}
