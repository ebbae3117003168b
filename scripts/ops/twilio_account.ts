import { z } from "zod";
import { AppError } from "functions/_shared/runtime/errors.ts";

/** Opaque, but never with what could not go into a header. */
export const authTokenFormat = z.string().regex(/^[!-~]+$/, "must be Twilio's auth token");

const account = z.object({ sid: z.string(), friendly_name: z.string(), status: z.string() });

/**
 * Asks Twilio for the account (https://www.twilio.com/docs/iam/api/account), and so whether the token is right. AppErrors:
 * `twilio_credentials_wrong`, `twilio_account_inactive`, `twilio_unreachable`.
 */
export async function checkAccount(baseUrl: string, accountSid: string, authToken: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`${baseUrl}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}.json`, {
      headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
      signal: AbortSignal.timeout(10_000),
    });
  } catch (cause) {
    throw new AppError("twilio_unreachable", `Twilio cannot be reached at ${baseUrl}.`, {
      cause,
      retryable: true,
    });
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.status === 401 || response.status === 404) {
    throw new AppError("twilio_credentials_wrong", `Twilio does not know ${accountSid} with this token.`);
  }
  const parsed = account.safeParse(body);
  if (!response.ok || !parsed.success) {
    throw new AppError("twilio_unreachable", `Twilio answered ${response.status}.`, { retryable: true });
  }
  if (parsed.data.status !== "active") {
    throw new AppError("twilio_account_inactive", `The account ${accountSid} is ${parsed.data.status}.`);
  }
  return parsed.data.friendly_name;
}
