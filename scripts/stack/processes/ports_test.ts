import assert from "node:assert/strict";
import { accepting, assertPortsFree, freePort } from "./ports.ts";

const soon = { patienceMs: 0 };

Deno.test("a busy port is named, with what it was for", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await assert.rejects(
    assertPortsFree({ "the gateway": port, "the page": freePort() }, soon),
    (error: Error) => {
      assert.match(error.message, new RegExp(`^Port ${port} \\(the gateway\\) is already in use`));
      return "code" in error && error.code === "port_busy";
    },
  );
});

Deno.test("every busy port is named", async () => {
  using first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using second = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ports = { "the gateway": first.addr.port, PostgreSQL: second.addr.port };
  await assert.rejects(assertPortsFree(ports, soon), {
    message: new RegExp(`Ports ${first.addr.port} .*, ${second.addr.port} \\(PostgreSQL\\) are`),
  });
});

Deno.test("free ports are no error", async () => {
  await assertPortsFree({ "the gateway": freePort(), PostgreSQL: freePort() });
});

Deno.test("accepting() tells a server that came up from one that ended first", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assert.equal(await accepting(listener.addr.port, new Promise(() => {})), true);
  assert.equal(await accepting(freePort(), Promise.resolve()), false);
});

Deno.test("a port that is just being given up is waited for", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const free = assertPortsFree({ "the gateway": listener.addr.port });
  setTimeout(() => listener.close(), 20);
  await free;
});
