import { z } from "zod";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { Secret } from "functions/_shared/runtime/secret.ts";
import { encryptAuthToken } from "functions/_shared/twilio/credentials.ts";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";
import { authTokenFormat, checkAccount } from "./twilio_account.ts";

const command = {
  usage: "deno task register: an organization with its first assistant and WhatsApp sender, all or nothing",
  flags: {
    name: { about: "Organization" },
    email: { about: "E-mail of its first admin" },
    "user-name": { about: "Name of its first admin" },
    "account-sid": { about: "Twilio Account SID (AC…)" },
    "auth-token": { about: "Twilio Auth Token", variable: "TWILIO_AUTH_TOKEN" },
    sender: { about: "WhatsApp sender (whatsapp:+…)" },
    instructions: {
      about: "What the assistant is told",
      fallback: "You answer the customers of this business.",
    },
    locale: { about: "Locale of the assistant", fallback: "pt-BR" },
  },
};

const organization = z.object({
  name: z.string().trim().min(1, "must not be blank"),
  email: z.string().trim().pipe(z.email("must be an e-mail address")),
  "user-name": z.string().trim().min(1, "must not be blank"),
  "account-sid": z.string().regex(/^AC[0-9a-fA-F]{32}$/, "must be AC and 32 hexadecimal digits"),
  "auth-token": authTokenFormat,
  sender: z.string().regex(/^whatsapp:\+\d{6,15}$/, "must be whatsapp:+ and the number"),
  instructions: z.string(),
  locale: z.string().regex(/^[a-z]{2}(-[A-Z]{2})?$/, "must be a locale such as pt-BR"),
});

const registered = z.tuple([
  z.object({
    owner_id: z.string(),
    user_id: z.string(),
    assistant_id: z.string(),
    twilio_account_id: z.string(),
  }),
]);

export type Organization = z.infer<typeof organization>;

/**
 * Checks the Twilio credentials, encrypts the token and registers all of it in one transaction. AppErrors:
 * `organization_malformed`, those of `checkAccount`, `organization_exists`, `account_taken`, `sender_taken`.
 */
export async function register(given: Organization, project: Project) {
  const parsed = organization.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `--${path.join(".")} ${message}`);
    throw new AppError("organization_malformed", `${problems.join("; ")}.`);
  }
  const values = parsed.data;
  const accountSid = values["account-sid"];
  const accountName = await checkAccount(project.twilioApiBaseUrl, accountSid, values["auth-token"]);
  const encrypted = await encryptAuthToken(
    new Secret(values["auth-token"]),
    accountSid,
    project.credentialsKeys[0],
  );
  try {
    const [ids] = await project.rpc.once("register_organization", {
      p_name: values.name,
      p_email: values.email,
      p_user_name: values["user-name"],
      p_account_sid: accountSid,
      p_auth_token_encrypted: encrypted,
      p_sender: values.sender,
      p_assistant: { name: values.name, instructions: values.instructions, locale: values.locale },
    }, registered);
    return { ...ids, account_name: accountName, webhook_url: webhookUrl(project) };
  } catch (cause) {
    throw typed(cause);
  }
}

/** Twilio's defaults repeat failed connections only; the fragment adds time-outs and 5xx answers, three times. */
export function webhookUrl(project: Project): string {
  return `${project.publicFunctionsUrl}/receive-whatsapp-message#rc=3&rp=ct,rt,5xx`;
}

const taken: Record<string, string> = {
  organization_exists: "There is an organization with this e-mail already.",
  account_taken: "This Twilio account belongs to an organization already.",
  sender_taken: "This sender belongs to an organization already.",
};

function typed(cause: unknown): unknown {
  if (!(cause instanceof AppError) || cause.code !== "conflict") return cause;
  const code = Object.keys(taken).find((each) => cause.message.includes(each));
  return code ? new AppError(code, taken[code] ?? code, { cause }) : cause;
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const { json, ...given } = values;
    const done = await register(given, openProject(Deno.env.toObject()));
    if (json) return console.log(JSON.stringify(done));
    console.log(`${given.name} is registered with the Twilio account "${done.account_name}".

Next:
  1. Set the webhook of ${given.sender} in Twilio ("A message comes in", POST):
       ${done.webhook_url}
  2. Write to ${given.sender} from WhatsApp.
  3. ${given.email} may sign in by one-time password, as admin.`);
  });
}
