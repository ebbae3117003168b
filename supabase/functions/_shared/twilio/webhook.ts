import type { AuthTokens } from "../app/ports/auth_tokens.ts";
import { AppError } from "../runtime/errors.ts";
import type { Secret } from "../runtime/secret.ts";
import { HttpError, readText } from "../runtime/http.ts";
import { first, type Params, parseForm } from "./form.ts";
import { nearMiss } from "./near_miss.ts";
import { rawQueryOf, verifySignature } from "./signature.ts";

const maxBodyBytes = 64 * 1024;

export interface VerifiedWebhook {
  params: Params;
  accountSid: string;
  /** From `?` on, as signed. */
  rawQuery: string;
}

/**
 * A request that Twilio signed with the token of the account it names. Throws an HttpError else: 405, 415, 413, 400, and
 * 403 for an unknown account as for a wrong signature, whose cause names the near miss for the log alone. `publicUrl` is this
 * function's address as Twilio knows it.
 */
export async function verifyWebhook(
  request: Request,
  options: { publicUrl: string; authTokens: AuthTokens },
): Promise<VerifiedWebhook> {
  if (request.method !== "POST") throw new HttpError(405, "method_not_allowed", "Twilio posts its webhooks.");
  const contentType = request.headers.get("content-type") ?? "";
  if (contentType.split(";", 1)[0]?.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
    throw new HttpError(415, "not_a_form", "Twilio sends application/x-www-form-urlencoded.");
  }

  const params = parse(await readText(request, maxBodyBytes));
  const rawQuery = rawQueryOf(request.url);
  const accountSid = first(params, "AccountSid");
  const signature = request.headers.get("x-twilio-signature");
  const { authTokens, publicUrl } = options;
  const signed = { publicUrl, rawQuery, params, signature };
  const isSigned = (tokens: readonly Secret[] | null) =>
    tokens !== null && verifySignature({ ...signed, authTokens: tokens });

  let tokens = accountSid === null ? null : await authTokens.find(accountSid);
  if (accountSid !== null && isSigned(tokens)) return { params, accountSid, rawQuery };
  if (accountSid !== null && tokens !== null) {
    // The token may have been rotated since it was kept, and Twilio does not repeat what was refused with a 403.
    tokens = await authTokens.find(accountSid, { fresh: true });
    if (isSigned(tokens)) return { params, accountSid, rawQuery };
  }
  const { reason, hint } = nearMiss({ ...signed, authTokens: tokens, shown: request });
  throw new HttpError(
    403,
    "signature_invalid",
    "The signature is not that of a known account over this request.",
    new AppError(reason, hint),
  );
}

/** What an AppError of parsing means to the sender: its request is malformed. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AppError) throw new HttpError(400, error.code, error.message, error);
    throw error;
  }
}

function parse(body: string): Params {
  return parsed(() => parseForm(body));
}
