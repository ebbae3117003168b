import assert from "node:assert/strict";
import { freshDatabase } from "../../fixtures/database.ts";

const migrations = new URL("../../../../migrations/", import.meta.url);

/** The names that the guards at the beginning of migrations look for; whether the first of all begins with one. */
async function guarded(): Promise<{ names: Set<string>; startsGuarded: boolean }> {
  const names = new Set<string>();
  const files = (await Array.fromAsync(Deno.readDir(migrations))).map(({ name }) => name).sort();
  let startsGuarded = false;
  for (const [nth, file] of files.entries()) {
    const text = await Deno.readTextFile(new URL(file, migrations));
    const [, body = ""] = text.match(/^do \$guard\$([\s\S]*?)\$guard\$;/m) ?? [];
    if (nth === 0) startsGuarded = /^(\s|--[^\n]*\n)*do \$guard\$/.test(text);
    for (const [, name = ""] of body.matchAll(/'([a-z_]+)'/g)) names.add(name);
  }
  return { names, startsGuarded };
}

Deno.test("before it changes anything a migration looks for every name of ours", async () => {
  await using database = await freshDatabase();
  const { names, startsGuarded } = await guarded();
  assert.ok(startsGuarded, "the first statement of all is a guard");
  const ours = await database.sql<{ name: string }[]>`
    select relname::text as name from pg_class where relnamespace = 'public'::regnamespace
    union select proname::text from pg_proc where pronamespace = 'public'::regnamespace
    union select 'private'`;
  assert.deepEqual(ours.map(({ name }) => name).filter((name) => !names.has(name)), []);
});
