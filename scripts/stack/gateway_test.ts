import assert from "node:assert/strict";
import { type Health, startGateway, type Upstreams } from "./gateway.ts";
import { createStackEvents } from "./events/stack_events.ts";
import { freePort } from "./processes/ports.ts";

const health: Health = { ready: true, pids: { functions: [11, 12], postgres: 10 } };

/** A gateway before one server, which answers every request with what it saw of it. */
async function withGateway(
  test: (gateway: string, upstream: string) => Promise<void>,
  changes: Partial<Upstreams> = {},
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { method, url, headers } = request;
    return Response.json({ method, url, headers: Object.fromEntries(headers), body: await request.text() });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const functionOrigin = (name: string) =>
    name === "message-status" ? null : name === "hello" ? origin : undefined;
  const upstreams = { dataApi: () => origin, functionOrigin, health: () => health, ...changes };
  const gateway = startGateway(0, upstreams, createStackEvents());
  try {
    await test(gateway.url, origin);
  } finally {
    await gateway.stop();
    await server.shutdown();
  }
}

Deno.test("/health tells the process ids, and 503 until all is ready", async () => {
  await withGateway(async (gateway) => {
    const answer = await fetch(`${gateway}/health`);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), '{"ready":true,"pids":{"functions":[11,12],"postgres":10}}');
  });
  await withGateway(async (gateway) => {
    const answer = await fetch(`${gateway}/health`);
    assert.equal(answer.status, 503);
    await answer.body?.cancel();
  }, { health: () => ({ ...health, ready: false }) });
});

Deno.test("a function sees its own name as the path and never the public host", async () => {
  await withGateway(async (gateway, upstream) => {
    const address = `${gateway}/functions/v1/hello?forceFunctionRegion=sa-east-1&x=%C3%A1`;
    const form = "Body=ol%C3%A1+%F0%9F%91%8B&Empty=";
    const headers = { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": "abc=" };
    const seen = await (await fetch(address, { method: "POST", headers, body: form })).json();
    assert.equal(seen.url, `${upstream}/hello?forceFunctionRegion=sa-east-1&x=%C3%A1`);
    assert.equal(seen.body, form);
    assert.equal(seen.headers["x-twilio-signature"], "abc=");
    assert.equal(seen.headers["x-forwarded-host"], new URL(gateway).host);
  });
});

Deno.test("the Data API keeps its path, its query and its method", async () => {
  await withGateway(async (gateway, upstream) => {
    const seen = await (await fetch(`${gateway}/rest/v1/messages?id=eq.1`, { method: "DELETE" })).json();
    assert.equal(seen.method, "DELETE");
    assert.equal(seen.url, `${upstream}/rest/v1/messages?id=eq.1`);
  });
});

Deno.test("a part that is down is 503 with Retry-After", async () => {
  const dead = `http://127.0.0.1:${freePort()}`;
  await withGateway(async (gateway) => {
    for (const path of ["/functions/v1/message-status", "/rest/v1/messages"]) {
      const answer = await fetch(gateway + path, { method: "POST", body: "x" });
      assert.equal(answer.status, 503, path);
      assert.equal(answer.headers.get("retry-after"), "1");
      await answer.body?.cancel();
    }
  }, { dataApi: () => dead });
});

Deno.test("what is nowhere is 404", async () => {
  await withGateway(async (gateway) => {
    for (const path of ["/", "/functions/v1/unknown", "/storage/v1/x"]) {
      const answer = await fetch(gateway + path);
      assert.equal(answer.status, 404, path);
      await answer.body?.cancel();
    }
  });
});
