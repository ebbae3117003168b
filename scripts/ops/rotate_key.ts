import { AppError } from "../../supabase/functions/_shared/runtime/errors.ts";
import { decryptAuthToken, encryptAuthToken } from "../../supabase/functions/_shared/twilio/credentials.ts";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";

const command = {
  usage: `deno task rotate-key: encrypts every Twilio token anew with the first key in CREDENTIALS_KEY

Set CREDENTIALS_KEY to "new,old" here and in the functions, run this, then set it to "new" alone.`,
  flags: {},
};

/** Encrypts every stored token with the current key; may be repeated. Returns how many rows it changed. */
export async function rotateKey(project: Project): Promise<number> {
  const [current] = project.credentialsKeys;
  const { data, error } = await project.client.from("twilio_accounts")
    .select("id, account_sid, auth_token_encrypted, previous_auth_token_encrypted");
  if (error) throw new AppError("database_unavailable", error.message, { retryable: true });

  let changed = 0;
  for (const row of data) {
    const anew = async (jwe: string) =>
      await encryptAuthToken(
        await decryptAuthToken(jwe, row.account_sid, project.credentialsKeys),
        row.account_sid,
        current,
      );
    const previous = row.previous_auth_token_encrypted;
    // Compared, so that a token that was rotated meanwhile is left alone; the next run takes it.
    const { data: updated, error } = await project.client.from("twilio_accounts")
      .update({
        auth_token_encrypted: await anew(row.auth_token_encrypted),
        previous_auth_token_encrypted: previous === null ? null : await anew(previous),
      })
      .eq("id", row.id).eq("auth_token_encrypted", row.auth_token_encrypted).select("id");
    if (error) throw new AppError("database_unavailable", error.message, { retryable: true });
    changed += updated.length;
  }
  return changed;
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const accounts = await rotateKey(openProject(Deno.env.toObject()));
    console.log(
      values.json ? JSON.stringify({ accounts }) : `Encrypted anew: the tokens of ${accounts} accounts.`,
    );
  });
}
