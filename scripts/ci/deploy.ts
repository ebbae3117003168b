import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startManagementApi, type Upload } from "./management_api.ts";
import { supabaseCli } from "./supabase_cli.ts";
import { unpack } from "./uploaded_function.ts";

// No `_test.ts`: what it needs is the Supabase CLI, so it is run by `deno task ci deploy`.

const project = fileURLToPath(new URL("../../", import.meta.url));
const functions = ["receive-whatsapp-message", "message-status", "sweep-conversations"];
const env = {
  SUPABASE_URL: "http://127.0.0.1:9",
  SUPABASE_SERVICE_ROLE_KEY: "not-asked-for",
  OPENAI_API_KEY: "not-asked-for",
  CREDENTIALS_KEY: btoa("0123456789abcdef0123456789abcdef"),
  INTERNAL_API_KEY: "not-asked-for-either",
};

/** Deploys with the real CLI; a file that it could not read is a failure here, for the CLI only warns. */
async function deploy(name: string, { from = project } = {}): Promise<Upload> {
  await using api = startManagementApi();
  const { success, output } = await supabaseCli(
    [
      "functions",
      "deploy",
      name,
      "--use-api",
      "--yes",
      "--profile",
      "supabase-local",
      `--remote=${"a".repeat(20)}`,
    ],
    { project: from },
  );
  assert.ok(success, `the CLI failed:\n${output}`);
  assert.doesNotMatch(output, /failed to read file/i);
  const [upload, ...more] = api.uploads;
  assert.ok(upload && more.length === 0, "one upload");
  return upload;
}

for (const name of functions) {
  Deno.test(`what is uploaded of ${name} is enough to type-check and boot it alone`, async () => {
    const upload = await deploy(name);
    assert.equal(upload.verifyJwt, false);
    await using unpacked = await unpack(upload);
    await unpacked.check();
    const response = await unpacked.request(`/${name}`, { method: "GET", env });
    assert.equal(response.status, 405);
  });
}

const entry = 'import { word } from "../_shared/word.ts";\nDeno.serve(() => new Response(word));\n';

/** A project of one function, to show that this would notice. */
async function probe(files: Record<string, string>): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "recado-probe-" });
  await Deno.mkdir(`${folder}/supabase/functions/_shared`, { recursive: true });
  await Deno.mkdir(`${folder}/supabase/functions/probe`);
  const config = 'project_id = "probe"\n[functions.probe]\nverify_jwt = false\n';
  await Deno.writeTextFile(`${folder}/supabase/config.toml`, config);
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/supabase/functions/${path}`, text);
  }
  return { folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

Deno.test("a probe with all its files boots", async () => {
  await using whole = await probe({
    "probe/index.ts": entry,
    "_shared/word.ts": 'export const word = "here";',
  });
  await using unpacked = await unpack(await deploy("probe", { from: whole.folder }));
  await unpacked.check();
  assert.equal(await (await unpacked.request("/")).text(), "here");
});

Deno.test("a file that is not there would be noticed, though the CLI calls it deployed", async () => {
  await using missing = await probe({ "probe/index.ts": entry });
  await assert.rejects(deploy("probe", { from: missing.folder }), /failed to read file|the CLI failed/);
});

Deno.test("a computed import, which the CLI does not upload, would be noticed", async () => {
  const computed =
    'const { word } = await import(`../_shared/${"word"}.ts`);\nDeno.serve(() => new Response(word));\n';
  await using hidden = await probe({
    "probe/index.ts": computed,
    "_shared/word.ts": 'export const word = "gone";',
  });
  await using unpacked = await unpack(await deploy("probe", { from: hidden.folder }));
  await assert.rejects(unpacked.request("/"), /does not boot[^]*word\.ts/);
});
