import { databaseError } from "functions/_shared/db/rpc.ts";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { Secret } from "functions/_shared/runtime/secret.ts";
import { decryptAuthToken, encryptAuthToken } from "functions/_shared/twilio/credentials.ts";
import { ask, readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";
import { authTokenFormat, checkAccount } from "./twilio_account.ts";

/** Not needed to finish, so it is asked for later than the others. */
const authToken = { about: "The new Twilio Auth Token", fallback: "", variable: "TWILIO_AUTH_TOKEN" };

const command = {
  usage: "deno task rotate-token: a new Twilio token; the old one is accepted until --finish yes",
  flags: {
    "account-sid": { about: "Twilio Account SID (AC…)" },
    "auth-token": authToken,
    finish: { about: "yes: forget the previous token", fallback: "no" },
  },
};

/**
 * Within a minute every function uses the new token; webhooks signed with the old one are still accepted. Checks it with
 * Twilio first. Again with the same token it changes nothing: the old one would be forgotten.
 */
export async function beginRotation(project: Project, accountSid: string, authToken: string): Promise<void> {
  if (!authTokenFormat.safeParse(authToken).success) {
    throw new AppError("auth_token_malformed", "TWILIO_AUTH_TOKEN must be Twilio's auth token.");
  }
  await checkAccount(project.twilioApiBaseUrl, accountSid, authToken);
  const { data, error, status } = await project.client.from("twilio_accounts")
    .select("auth_token_encrypted").eq("account_sid", accountSid).maybeSingle();
  if (error) throw databaseError("twilio_accounts", error, status);
  if (!data) throw unknownAccount(accountSid);
  const { auth_token_encrypted: current } = data;
  const stored = await decryptAuthToken(current, accountSid, project.credentialsKeys);
  if (stored.reveal() === authToken) return;
  const key = project.credentialsKeys[0];
  const { data: updated, error: refused, status: refusal } = await project.client.from("twilio_accounts")
    .update({
      auth_token_encrypted: await encryptAuthToken(new Secret(authToken), accountSid, key),
      previous_auth_token_encrypted: current,
    })
    .eq("account_sid", accountSid).eq("auth_token_encrypted", current).select("id");
  if (refused) throw databaseError("twilio_accounts", refused, refusal);
  if (updated.length === 0) {
    throw new AppError("conflict", "The token was changed meanwhile; try again.", { retryable: true });
  }
}

/** Only the current token is accepted from now on; functions forget the old one within a minute. */
export async function finishRotation(project: Project, accountSid: string): Promise<void> {
  const { data, error, status } = await project.client.from("twilio_accounts")
    .update({ previous_auth_token_encrypted: null }).eq("account_sid", accountSid).select("id");
  if (error) throw databaseError("twilio_accounts", error, status);
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
    if (!["yes", "no"].includes(values.finish)) {
      throw new AppError("flags_malformed", "--finish is yes or no.");
    }
    const say = (finished: boolean, text: string) =>
      console.log(values.json ? JSON.stringify({ account_sid: accountSid, finished }) : text);
    if (values.finish === "yes") {
      await finishRotation(project, accountSid);
      say(true, `Only the current token of ${accountSid} is accepted now.`);
      return;
    }
    await beginRotation(project, accountSid, values["auth-token"] || ask(authToken) || "");
    say(
      false,
      `The new token of ${accountSid} is stored, and both are accepted: make it the primary one in Twilio, then --finish yes.`,
    );
  });
}
