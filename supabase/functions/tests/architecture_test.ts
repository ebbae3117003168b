import assert from "node:assert/strict";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { closureOf, importsOf, isTest, type Source, violations } from "./architecture.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

async function read(folder = ""): Promise<Source[]> {
  const sources: Source[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    const path = folder + name;
    if (isDirectory) sources.push(...await read(`${path}/`));
    else if (name.endsWith(".ts")) sources.push({ path, text: await Deno.readTextFile(root + path) });
  }
  return sources;
}

const sources = await read();
const files = new Map(sources.map((source) => [source.path, source]));
const indexes = sources.map(({ path }) => path).filter((path) => /^[^_/]+\/index\.ts$/.test(path));
const receive = "receive-whatsapp-message/index.ts";

Deno.test("the functions keep to the layers of the design", () => {
  assert.deepEqual(violations(sources), []);
});

Deno.test("the rules see the functions there are", () => {
  assert.ok(indexes.includes(receive) && indexes.length >= 3, indexes.join(", "));
  assert.ok(sources.filter(({ path }) => !isTest(path)).length > 40);
});

Deno.test("the model's client is reached by a dynamic import, so the rule about it is not idle", () => {
  assert.ok(closureOf(receive, files, ["static", "dynamic"]).has("openai"));
  assert.ok(!closureOf(receive, files, ["static"]).has("_shared/ai/openai_model.ts"));
});

Deno.test("what is read here as imports is what Deno reads", async () => {
  for (const index of indexes) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", root + index],
      stderr: "null",
    }).output();
    const graph: { modules: { specifier: string }[] } = JSON.parse(new TextDecoder().decode(stdout));
    const known = graph.modules
      .filter(({ specifier }) => specifier.startsWith("file:") && !specifier.includes("/node_modules/"))
      .map(({ specifier }) => relative(root, fileURLToPath(specifier)));
    const read = [...closureOf(index, files, ["static", "type", "dynamic"])].filter((path) =>
      files.has(path)
    );
    assert.deepEqual(read.sort(), known.sort());
  }
});

const index = "receive-whatsapp-message/index.ts";
const handler = "receive-whatsapp-message/handler.ts";
const shared = (path: string, text: string): Source => ({ path: `_shared/${path}`, text });

/** Small trees with one thing wrong each; what must be said about it. */
const broken: { wrong: string; says: RegExp; tree: Source[] }[] = [
  {
    wrong: "domain imports runtime",
    says: /domain\/turn\.ts \(domain\) imports _shared\/runtime/,
    tree: [shared("domain/turn.ts", 'import { AppError } from "../runtime/errors.ts";')],
  },
  {
    wrong: "domain imports a package",
    says: /imports the package zod/,
    tree: [shared("domain/turn.ts", 'import { z } from "zod";')],
  },
  {
    wrong: "app imports an adapter, if only a type",
    says: /\(app\) imports _shared\/db\/rpc\.ts \(db\)/,
    tree: [shared("app/respond.ts", 'import type { Rpc } from "../db/rpc.ts";')],
  },
  {
    wrong: "app imports a package",
    says: /imports the package openai/,
    tree: [shared("app/respond.ts", 'import OpenAI from "openai";')],
  },
  {
    wrong: "an adapter imports another",
    says: /\(twilio\) imports _shared\/db\/outbox\.ts \(db\)/,
    tree: [shared("twilio/rest.ts", 'import {\n  createOutbox,\n  nextSend,\n} from "../db/outbox.ts";')],
  },
  {
    wrong: "an adapter imports a use case",
    says: /\(ai\) imports _shared\/app\/respond\.ts/,
    tree: [shared("ai/model.ts", 'export { respond } from "../app/respond.ts";')],
  },
  {
    wrong: "runtime imports app",
    says: /\(runtime\) imports _shared\/app\/ports\/model\.ts/,
    tree: [shared("runtime/http.ts", 'export * from "../app/ports/model.ts";')],
  },
  {
    wrong: "a handler builds its own adapters",
    says: /\(handler\) imports _shared\/deployment\.ts/,
    tree: [{ path: handler, text: 'import { deploy } from "../_shared/deployment.ts";' }],
  },
  {
    wrong: "a handler imports the database",
    says: /\(handler\) imports _shared\/db\/rpc\.ts/,
    tree: [{ path: handler, text: 'import "../_shared/db/rpc.ts";' }],
  },
  {
    wrong: "an index imports past the deployment",
    says: /\(index\) imports _shared\/db\/rpc\.ts/,
    tree: [{ path: index, text: 'import { createRpc } from "../_shared/db/rpc.ts";' }],
  },
  {
    wrong: "one function imports another's handler",
    says: /imports message-status\/handler\.ts/,
    tree: [{ path: index, text: 'import { createStatusHandler } from "../message-status/handler.ts";' }],
  },
  {
    wrong: "a file of no layer",
    says: /_shared\/things\.ts belongs to no layer/,
    tree: [shared("things.ts", "")],
  },
  {
    wrong: "the environment is read in a handler",
    says: /handler\.ts reads the environment/,
    tree: [{ path: handler, text: 'const key = Deno.env.get("KEY");' }],
  },
  {
    wrong: "the environment is read as in Node",
    says: /reads the environment/,
    tree: [shared("db/rpc.ts", 'import process from "node:process";')],
  },
  {
    wrong: "a computed import",
    says: /computes an import/,
    tree: [shared("ai/model.ts", "const model = await import(name);")],
  },
  {
    wrong: "an import computed from a template",
    says: /computes an import/,
    tree: [shared("ai/model.ts", "await import(`./${name}.ts`);")],
  },
  {
    wrong: "scripts in a function",
    says: /imports \.\.\/\.\.\/scripts\/start\.ts, which is no part/,
    tree: [shared("db/rpc.ts", 'import "../../../../scripts/start.ts";')],
  },
  {
    wrong: "a package past the import map",
    says: /imports npm:zod@4 past the import map/,
    tree: [shared("db/rpc.ts", 'import { z } from "npm:zod@4";')],
  },
  {
    wrong: "a worker's queue in a bundle, although it is loaded late",
    says: /index\.ts carries bullmq/,
    tree: [
      { path: index, text: 'import { deploy } from "../_shared/deployment.ts";' },
      shared("deployment.ts", 'const queue = () => import("./queue/redis.ts");'),
      shared("queue/redis.ts", 'import { Queue } from "bullmq";'),
    ],
  },
  {
    wrong: "the model's client before the acknowledgement",
    says: /index\.ts loads openai before/,
    tree: [
      { path: index, text: 'import { deploy } from "../_shared/deployment.ts";' },
      shared("deployment.ts", 'import { createReplyModel } from "./ai/openai_model.ts";'),
      shared("ai/openai_model.ts", 'import OpenAI from "openai";'),
    ],
  },
];

for (const { wrong, says, tree } of broken) {
  Deno.test(`it is noticed: ${wrong}`, () => {
    const said = violations(tree);
    assert.equal(said.length, 1, said.join("\n"));
    assert.match(said[0] ?? "", says);
  });
}

Deno.test("what a comment or a text says is no import, and tests may import what they like", () => {
  const text = [
    '// import { x } from "../db/rpc.ts";',
    "/* await import(name); Deno.env */",
    'const said = "see https://example.com // not a comment"; // Deno.env',
    'export type Kind = "text";',
  ].join("\n");
  assert.deepEqual(importsOf({ path: "_shared/domain/turn.ts", text }), []);
  assert.deepEqual(violations([shared("domain/turn.ts", text)]), []);
  const test = 'import "../../../../scripts/start.ts";\nDeno.env.get("KEY");';
  assert.deepEqual(violations([shared("db/rpc_test.ts", test)]), []);
});
