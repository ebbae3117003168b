import assert from "node:assert/strict";
import { createDatabaseClient } from "./client.ts";

async function headersSentWith(key: string): Promise<Headers> {
  let headers = new Headers();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    headers = request.headers;
    return Response.json([]);
  });
  await createDatabaseClient(`http://127.0.0.1:${server.addr.port}`, key).from("owners").select();
  return headers;
}

Deno.test("a new secret key goes in apikey and never as Bearer", async () => {
  const headers = await headersSentWith("sb_secret_abc");
  assert.equal(headers.get("apikey"), "sb_secret_abc");
  assert.equal(headers.get("authorization"), null);
});

Deno.test("the service role's JWT goes in both, as PostgREST needs it", async () => {
  const headers = await headersSentWith("header.payload.signature");
  assert.equal(headers.get("apikey"), "header.payload.signature");
  assert.equal(headers.get("authorization"), "Bearer header.payload.signature");
});
