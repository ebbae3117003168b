import assert from "node:assert/strict";
import { prepareDataFolder } from "./data_folder.ts";

Deno.test("--fresh empties the folder, otherwise everything stays", async () => {
  const path = `${await Deno.makeTempDir()}/data`;
  await prepareDataFolder(path, { fresh: true });
  await Deno.writeTextFile(`${path}/kept`, "");
  await prepareDataFolder(path, { fresh: false });
  await Deno.stat(`${path}/kept`);
  await prepareDataFolder(path, { fresh: true });
  assert.deepEqual([...Deno.readDirSync(path)], []);
  await Deno.remove(path);
});

Deno.test("a folder that cannot be made is told in one sentence", async () => {
  const file = await Deno.makeTempFile();
  await assert.rejects(prepareDataFolder(`${file}/data`, { fresh: false }), { code: "data_folder_unusable" });
  await Deno.remove(file);
});
