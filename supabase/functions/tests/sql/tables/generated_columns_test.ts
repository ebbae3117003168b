import assert from "node:assert/strict";
import type { Database } from "functions/_shared/db/database.types.ts";
import { freshDatabase } from "../../fixtures/database.ts";

type Tables = Database["public"]["Tables"];
type Writes<Table extends keyof Tables> = Tables[Table]["Insert"] & Tables[Table]["Update"];

// At compile time: were one of these columns writable, its line below would not be an error and the check would fail.
const written: [
  Partial<Writes<"sessions">>,
  Partial<Writes<"messages">>,
  Partial<Writes<"message_queue">>,
  Partial<Writes<"conversation_state_history">>,
  Partial<Writes<"sweep_runs">>,
] = [
  // @ts-expect-error Made by the database.
  { session_key: "whatsapp:+1|whatsapp:+2" },
  // @ts-expect-error Made by the database.
  { seq: 1 },
  // @ts-expect-error Made by the database.
  { id: 1 },
  // @ts-expect-error Made by the database.
  { id: 1 },
  // @ts-expect-error Made by the database.
  { id: 1 },
];
const tables = ["sessions", "messages", "message_queue", "conversation_state_history", "sweep_runs"];

Deno.test("the columns that the types forbid are all that the database makes itself, and it refuses them too", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const generated = await sql<{ table_name: string; column_name: string }[]>`
    select table_name, column_name from information_schema.columns
    where table_schema = 'public' and (is_generated = 'ALWAYS' or identity_generation = 'ALWAYS')`;
  const forbidden = written.map((columns, index) => `${tables[index]}.${Object.keys(columns)[0]}`);
  assert.deepEqual(
    generated.map(({ table_name, column_name }) => `${table_name}.${column_name}`).sort(),
    forbidden.sort(),
  );

  for (const { table_name, column_name } of generated) {
    const value = column_name === "session_key" ? "a|b" : 1;
    await assert.rejects(
      sql`insert into public.${sql(table_name)} ${sql({ [column_name]: value })}`,
      { code: "428C9" },
      `${table_name}.${column_name} is inserted`,
    );
    await assert.rejects(
      sql`update public.${sql(table_name)} set ${sql({ [column_name]: value })}`,
      { code: "428C9" },
      `${table_name}.${column_name} is updated`,
    );
  }
});
