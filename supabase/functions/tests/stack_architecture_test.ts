import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Source } from "./architecture.ts";
import { stackViolations } from "./stack_architecture.ts";

const root = fileURLToPath(new URL("../../../scripts/stack/", import.meta.url));

async function read(folder = ""): Promise<Source[]> {
  const sources: Source[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    const path = folder + name;
    if (isDirectory) sources.push(...await read(`${path}/`));
    else if (name.endsWith(".ts")) sources.push({ path, text: await Deno.readTextFile(root + path) });
  }
  return sources;
}

Deno.test("the local stack keeps to its rooms", async () => {
  const sources = await read();
  assert.ok(sources.length > 60, "the rules see the files there are");
  assert.deepEqual(stackViolations(sources), []);
});

/** One arrow that must not be, and what must be said of it. */
const broken: { path: string; imports: string; says: RegExp }[] = [
  { path: "processes/ports.ts", imports: "../page/wire.ts", says: /\(processes\) imports .* \(page\)/ },
  { path: "gateway.ts", imports: "./page/page_server.ts", says: /\(\.\) imports .* \(page\)/ },
  { path: "twilio/rest.ts", imports: "../model/chat.ts", says: /\(twilio\) imports .* \(model\)/ },
  { path: "model/reply.ts", imports: "../twilio/store.ts", says: /\(model\) imports .* \(twilio\)/ },
  {
    path: "events/arrivals.ts",
    imports: "../processes/ports.ts",
    says: /\(events\) imports .* \(processes\)/,
  },
  { path: "http/http_server.ts", imports: "../events/arrivals.ts", says: /\(http\) imports .* \(events\)/ },
  {
    path: "postgres/server.ts",
    imports: "../migrations/migrate.ts",
    says: /\(postgres\) imports .* \(migrations\)/,
  },
  {
    path: "migrations/migrate.ts",
    imports: "../postgres/server.ts",
    says: /\(migrations\) imports .* \(postgres\)/,
  },
  { path: "data_api/launch.ts", imports: "../twilio/store.ts", says: /\(data_api\) imports .* \(twilio\)/ },
  { path: "functions/functions.ts", imports: "../model/chat.ts", says: /\(functions\) imports .* \(model\)/ },
  { path: "page/page_state.ts", imports: "../processes/ports.ts", says: /\(page\) imports .* \(processes\)/ },
  { path: "ticker.ts", imports: "../tests/left_behind.ts", says: /for tests only/ },
  { path: "ticker.ts", imports: "tests/doubles/fake_clock.ts", says: /for tests only/ },
  { path: "ticker.ts", imports: "../ops/register.ts", says: /no part of the stack/ },
];

for (const { path, imports, says } of broken) {
  Deno.test(`it is noticed when ${path} imports ${imports}`, () => {
    const said = stackViolations([{ path, text: `import { x } from ${JSON.stringify(imports)};` }]);
    assert.equal(said.length, 1, said.join("\n"));
    assert.match(said[0] ?? "", says);
  });
}

Deno.test("the stack itself may import the page, and tests what they like", () => {
  const text = 'import { x } from "./page/page_server.ts";';
  assert.deepEqual(stackViolations([{ path: "stack.ts", text }, { path: "gateway_test.ts", text }]), []);
});
