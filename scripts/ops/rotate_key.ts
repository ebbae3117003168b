import { databaseError } from "functions/_shared/db/rpc.ts";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { decryptAuthToken, encryptAuthToken } from "functions/_shared/twilio/credentials.ts";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";

const command = {
  usage: `deno task rotate-key: encrypts every Twilio token anew with the first key in CREDENTIALS_KEY

Set CREDENTIALS_KEY to "new,old" here and in the functions, run this, then set it to "new" alone.`,
  flags: {},
};

/** Rows are read in pages: the Data API gives no more than a thousand at once, and says nothing of the rest. */
const pageSize = 200;

/**
 * Encrypts every stored token with the current key; may be repeated. `changed` counts the accounts done, `left` those whose
 * tokens were changed by somebody else meanwhile: the next run takes them.
 */
export async function rotateKey(project: Project): Promise<{ changed: number; left: number }> {
  let changed = 0;
  let left = 0;
  for (let after = noId;;) {
    const { data: rows, error, status } = await project.client.from("twilio_accounts")
      .select("id, account_sid, auth_token_encrypted, previous_auth_token_encrypted")
      .gt("id", after).order("id").limit(pageSize);
    if (error) throw databaseError("twilio_accounts", error, status);
    for (const row of rows) {
      if (await encryptAnew(project, row)) changed++;
      else left++;
      after = row.id;
    }
    if (rows.length === 0) return { changed, left };
  }
}

const noId = "00000000-0000-0000-0000-000000000000";

interface StoredTokens {
  id: string;
  account_sid: string;
  auth_token_encrypted: string;
  previous_auth_token_encrypted: string | null;
}

/** Compares before it writes, the previous token too: a rotation that ended meanwhile must stay ended. */
async function encryptAnew({ client, credentialsKeys }: Project, row: StoredTokens): Promise<boolean> {
  const { id, account_sid: sid, auth_token_encrypted: current, previous_auth_token_encrypted: previous } =
    row;
  const anew = async (jwe: string) =>
    await encryptAuthToken(await decryptAuthToken(jwe, sid, credentialsKeys), sid, credentialsKeys[0]);
  const update = client.from("twilio_accounts")
    .update({
      auth_token_encrypted: await anew(current),
      previous_auth_token_encrypted: previous === null ? null : await anew(previous),
    })
    .eq("id", id).eq("auth_token_encrypted", current);
  const compared = previous === null
    ? update.is("previous_auth_token_encrypted", null)
    : update.eq("previous_auth_token_encrypted", previous);
  const { data, error, status } = await compared.select("id");
  if (error) throw databaseError("twilio_accounts", error, status);
  return data.length > 0;
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const { changed, left } = await rotateKey(openProject(Deno.env.toObject()));
    if (values.json) console.log(JSON.stringify({ accounts: changed, left }));
    else console.log(`Encrypted anew: the tokens of ${changed} accounts.`);
    if (left > 0) {
      throw new AppError("accounts_left", `${left} accounts changed meanwhile: run this again.`, {
        retryable: true,
      });
    }
  });
}
