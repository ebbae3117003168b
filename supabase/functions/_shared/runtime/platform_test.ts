import assert from "node:assert/strict";
import { shutdownSignal, unpooledFetch, waitUntil } from "./platform.ts";

Deno.test("waitUntil() hands the work to the edge runtime where there is one", () => {
  const work = Promise.resolve();
  waitUntil(work);
  const kept: Promise<unknown>[] = [];
  globalThis.EdgeRuntime = { waitUntil: (promise) => kept.push(promise) };
  try {
    waitUntil(work);
  } finally {
    globalThis.EdgeRuntime = undefined;
  }
  assert.deepEqual(kept, [work]);
});

Deno.test("shutdownSignal() aborts when the runtime announces the end, with its reason", () => {
  const signal = shutdownSignal();
  assert.equal(signal.aborted, false);
  dispatchEvent(new CustomEvent("beforeunload", { detail: { reason: "wall_clock" } }));
  assert.equal(signal.aborted, true);
  assert.match(String(signal.reason), /wall_clock/);
});

/** Answers the first POST and keeps the connection; reads every later one whole, and breaks off without an answer. */
function breakingOff() {
  const posts: string[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (connection: Deno.Conn) => {
    using _ = connection;
    const chunk = new Uint8Array(4_096);
    for (let size = await connection.read(chunk); size !== null; size = await connection.read(chunk)) {
      const text = new TextDecoder().decode(chunk.subarray(0, size));
      const [body] = /\{.*\}$/.exec(text) ?? [];
      if (body === undefined) continue;
      posts.push(body);
      if (posts.length > 1) return;
      await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    }
  };
  const serving = (async () => {
    const connections: Promise<void>[] = [];
    for await (const connection of listener) connections.push(serve(connection));
    await Promise.all(connections);
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    posts,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

Deno.test("unpooledFetch() posts once, also when the connection breaks before the answer", async () => {
  const post = unpooledFetch();
  await using server = breakingOff();
  const send = (body: string) => post(server.url, { method: "POST", body });
  await (await send("{first}")).body?.cancel();
  await assert.rejects(send("{second}"));
  assert.deepEqual(server.posts, ["{first}", "{second}"]);
});
