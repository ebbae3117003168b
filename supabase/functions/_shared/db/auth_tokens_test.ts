import { Secret } from "../runtime/secret.ts";
import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { createFakeClock } from "tests/doubles/fake_clock.ts";
import { createAuthTokens } from "./auth_tokens.ts";
import type { Database } from "./database.types.ts";

type Row = { auth_token_encrypted: string; previous_auth_token_encrypted: string | null };

/** A Data API whose one account is what `account` gives at the time; an error is a refused request. */
async function withAccounts(
  account: () => Row | null | Response,
  use: (find: (sid: string, options?: { fresh: boolean }) => Promise<readonly string[] | null>, state: {
    urls: string[];
    clock: ReturnType<typeof createFakeClock>;
  }) => Promise<void>,
) {
  const urls: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    urls.push(decodeURIComponent(new URL(request.url).search));
    const found = account();
    return found instanceof Response ? found : Response.json(found === null ? [] : [found]);
  });
  const clock = createFakeClock();
  const client = createClient<Database>(`http://127.0.0.1:${server.addr.port}`, "key", {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  const decrypt = (encrypted: string, sid: string) => Promise.resolve(new Secret(`${encrypted} of ${sid}`));
  try {
    const tokens = createAuthTokens(client, { decrypt, now: clock.now });
    const find = async (sid: string, options?: { fresh: boolean }) =>
      (await tokens.find(sid, options))?.map((token) => token.reveal()) ?? null;
    await use(find, { urls, clock });
  } finally {
    await server.shutdown();
  }
}

const row: Row = { auth_token_encrypted: "new", previous_auth_token_encrypted: null };

Deno.test("an account has its token, and the previous one behind it while a rotation lasts", async () => {
  await withAccounts(() => row, async (find, { urls }) => {
    assert.deepEqual(await find("AC1"), ["new of AC1"]);
    assert.ok(urls[0]?.includes("account_sid=eq.AC1"), urls[0]);
  });
  await withAccounts(() => ({ ...row, previous_auth_token_encrypted: "old" }), async (find) => {
    assert.deepEqual(await find("AC1"), ["new of AC1", "old of AC1"]);
  });
});

Deno.test("tokens are kept for a minute, then asked for again", async () => {
  await withAccounts(() => row, async (find, { urls, clock }) => {
    await find("AC1");
    await clock.advance(59_999);
    await find("AC1");
    assert.equal(urls.length, 1);
    await clock.advance(1);
    await find("AC1");
    assert.equal(urls.length, 2);
  });
});

Deno.test("fresh tokens are asked for anew, once a second at most", async () => {
  await withAccounts(() => row, async (find, { urls, clock }) => {
    await find("AC1");
    await find("AC1", { fresh: true });
    assert.equal(urls.length, 2);
    await clock.advance(999);
    await find("AC1", { fresh: true });
    assert.equal(urls.length, 2);
    await clock.advance(1);
    await find("AC1", { fresh: true });
    assert.equal(urls.length, 3);
  });
});

Deno.test("one account's tokens are not another's", async () => {
  await withAccounts(() => row, async (find) => {
    assert.deepEqual(await find("AC1"), ["new of AC1"]);
    assert.deepEqual(await find("AC2"), ["new of AC2"]);
  });
});

Deno.test("an unknown account is not remembered as unknown", async () => {
  let registered = false;
  await withAccounts(() => registered ? row : null, async (find) => {
    assert.equal(await find("AC1"), null);
    registered = true;
    assert.deepEqual(await find("AC1"), ["new of AC1"]);
  });
});

Deno.test("a database that cannot answer is no unknown account", async () => {
  const refused = () => Response.json({ code: "57P01", message: "shutting down" }, { status: 500 });
  await withAccounts(refused, async (find) => {
    await assert.rejects(find("AC1"), { code: "database_unavailable", retryable: true });
  });
});

Deno.test("an account that has no such columns is refused, not taken for one without tokens", async () => {
  await withAccounts(() => Response.json([{ auth_token_encrypted: 1 }]), async (find) => {
    await assert.rejects(find("AC1"), { code: "database_answer_malformed" });
  });
});
