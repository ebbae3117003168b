import { Secret } from "../runtime/secret.ts";
import assert from "node:assert/strict";
import {
  decryptAuthToken,
  encryptAuthToken,
  parseCredentialsKey,
  parseCredentialsKeys,
} from "./credentials.ts";

const text = btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, i) => i + 200)));
const oldText = btoa("0123456789abcdef0123456789abcdef");
const key = parseCredentialsKey(text);
const account = "AC00000000000000000000000000000001";

Deno.test("a token comes back from its JWE, emoji and all, and never looks the same twice", async () => {
  const one = await encryptAuthToken(new Secret("local-auth-token ✓"), account, key);
  const two = await encryptAuthToken(new Secret("local-auth-token ✓"), account, key);
  assert.equal((await decryptAuthToken(one, account, key)).reveal(), "local-auth-token ✓");
  assert.notEqual(one, two);
  assert.equal(one.split(".").length, 5);
});

Deno.test("the key is named in the JWE and the previous key still decrypts", async () => {
  const [current, previous] = parseCredentialsKeys(`${text}, ${oldText}`);
  assert.ok(previous);
  const stored = await encryptAuthToken(new Secret("secret"), account, previous);
  assert.equal(JSON.parse(atob(stored.split(".")[0] ?? "")).kid, previous.kid);
  assert.notEqual(current.kid, previous.kid);
  assert.equal((await decryptAuthToken(stored, account, [current, previous])).reveal(), "secret");
  await assert.rejects(decryptAuthToken(stored, account, current), { code: "credentials_key_unknown" });
});

Deno.test("a token cannot be moved to another account, nor its header be rewritten", async () => {
  const jwe = await encryptAuthToken(new Secret("secret"), account, key);
  const other = "AC00000000000000000000000000000002";
  await assert.rejects(decryptAuthToken(jwe, other, key), { code: "credentials_account_mismatch" });
  const [head = "", ...rest] = jwe.split(".");
  const forged = btoa(atob(head).replace(account, other)).replace(/=+$/, "");
  await assert.rejects(decryptAuthToken([forged, ...rest].join("."), other, key), {
    code: "credentials_unreadable",
  });
});

Deno.test("what is no JWE of ours is unreadable, and no error carries the token", async () => {
  for (const stored of ["", "plain-token", "a.b.c.d.e", "eyJhbGciOiJub25lIn0...."]) {
    await assert.rejects(decryptAuthToken(stored, account, key), (error: Error) => {
      assert.equal("code" in error && error.code, "credentials_unreadable");
      return stored === "" || !error.message.includes(stored);
    });
  }
});

Deno.test("a credentials key is 32 bytes in base64 or base64url, and the error does not show it", () => {
  assert.deepEqual(parseCredentialsKey(text.replaceAll("+", "-").replaceAll("/", "_").replace("=", "")), key);
  for (const wrong of ["", "secret-secret", btoa("short"), text + "A", btoa("x".repeat(33))]) {
    assert.throws(() => parseCredentialsKey(wrong), (error: Error) => {
      assert.equal("code" in error && error.code, "credentials_key_malformed");
      return wrong === "" || !error.message.includes(wrong);
    });
  }
});
