import { AppError } from "../../supabase/functions/_shared/runtime/errors.ts";
import { Secret } from "../../supabase/functions/_shared/runtime/secret.ts";
import { encryptAuthToken } from "../../supabase/functions/_shared/twilio/credentials.ts";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";
import { checkAccount } from "./twilio_account.ts";

const command = {
  usage: "deno task rotate-token: a new Twilio token; the old one is accepted until --finish yes",
  flags: {
    "account-sid": { about: "Twilio Account SID (AC…)" },
    "auth-token": { about: "The new token; not needed to finish", fallback: "" },
    finish: { about: "yes: forget the previous token", fallback: "no" },
  },
};

/** From now on the new token is used; webhooks signed with the old one are still accepted. Checks it with Twilio first. */
export async function beginRotation(project: Project, accountSid: string, authToken: string): Promise<void> {
  await checkAccount(project.twilioApiBaseUrl, accountSid, authToken);
  const { data, error } = await project.client.from("twilio_accounts")
    .select("auth_token_encrypted").eq("account_sid", accountSid).maybeSingle();
  if (error) throw new AppError("database_unavailable", error.message, { retryable: true });
  if (!data) throw unknownAccount(accountSid);
  await update(project, accountSid, {
    auth_token_encrypted: await encryptAuthToken(
      new Secret(authToken),
      accountSid,
      project.credentialsKeys[0],
    ),
    previous_auth_token_encrypted: data.auth_token_encrypted,
  });
}

/** Only the current token is accepted from now on; functions forget the old one within a minute. */
export async function finishRotation(project: Project, accountSid: string): Promise<void> {
  await update(project, accountSid, { previous_auth_token_encrypted: null });
}

async function update(
  project: Project,
  accountSid: string,
  change: { auth_token_encrypted?: string; previous_auth_token_encrypted: string | null },
): Promise<void> {
  const { data, error } = await project.client.from("twilio_accounts")
    .update(change).eq("account_sid", accountSid).select("id");
  if (error) throw new AppError("database_unavailable", error.message, { retryable: true });
  if (data.length === 0) throw unknownAccount(accountSid);
}

function unknownAccount(accountSid: string): AppError {
  return new AppError("unknown_account", `There is no Twilio account ${accountSid}.`);
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const project = openProject(Deno.env.toObject());
    const accountSid = values["account-sid"];
    if (values.finish === "yes") {
      await finishRotation(project, accountSid);
      console.log(`Only the current token of ${accountSid} is accepted now.`);
      return;
    }
    await beginRotation(project, accountSid, values["auth-token"]);
    console.log(`The new token of ${accountSid} is in use. Once Twilio signs with it: --finish yes.`);
  });
}
