import { createHash } from "node:crypto";
import { compactDecrypt, CompactEncrypt } from "jose";
import { AppError } from "../runtime/errors.ts";
import { Secret } from "../runtime/secret.ts";

/** A key that encrypts Twilio's auth tokens at rest. `kid` names it in what it encrypted, and reveals nothing. */
export interface CredentialsKey {
  kid: string;
  secret: Secret<Uint8Array>;
}

/** 32 bytes in base64 or base64url. AppError `credentials_key_malformed`, without the text, for anything else. */
export function parseCredentialsKey(text: string): CredentialsKey {
  const base64 = text.trim().replaceAll("-", "+").replaceAll("_", "/");
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(base64)) {
    throw new AppError("credentials_key_malformed", "a credentials key is 32 bytes in base64");
  }
  const secret = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const kid = createHash("sha256").update("recado credentials key").update(secret).digest("hex").slice(0, 16);
  return { kid, secret: new Secret(secret) };
}

/** Keys separated by commas: the current one first, then those that still have tokens to decrypt. */
export function parseCredentialsKeys(text: string): [CredentialsKey, ...CredentialsKey[]] {
  const [current = "", ...previous] = text.split(",");
  return [parseCredentialsKey(current), ...previous.map(parseCredentialsKey)];
}

/** Compact JWE. The AccountSid is authenticated with it, so a token cannot be moved to another account's row. */
export function encryptAuthToken(token: Secret, accountSid: string, key: CredentialsKey): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(token.reveal()))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: key.kid, account_sid: accountSid })
    .encrypt(key.secret.reveal());
}

/**
 * The token again. AppError `credentials_key_unknown` (encrypted with none of these keys),
 * `credentials_account_mismatch`, or `credentials_unreadable` (not a JWE of ours, or tampered with).
 */
export async function decryptAuthToken(
  jwe: string,
  accountSid: string,
  keys: CredentialsKey | readonly CredentialsKey[],
): Promise<Secret> {
  const known = "kid" in keys ? [keys] : keys;
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(
      jwe,
      ({ kid }) => {
        const key = known.find((candidate) => candidate.kid === kid);
        if (!key) {
          throw new AppError("credentials_key_unknown", `encrypted with another key (${printable(kid)})`);
        }
        return key.secret.reveal();
      },
      { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
    );
    if (protectedHeader.account_sid !== accountSid) {
      throw new AppError("credentials_account_mismatch", `the stored token is not that of ${accountSid}`);
    }
    return new Secret(new TextDecoder().decode(plaintext));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("credentials_unreadable", `the stored token of ${accountSid} cannot be decrypted`, {
      cause: error,
    });
  }
}

function printable(kid: unknown): string {
  return typeof kid === "string" && /^[0-9a-f]{1,32}$/.test(kid) ? kid : "unnamed";
}
