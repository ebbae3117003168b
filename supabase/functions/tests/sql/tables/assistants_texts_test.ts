import assert from "node:assert/strict";
import { freshDatabase } from "../../fixtures/database.ts";

const texts = ["idle_message", "fallback_message", "delay_message"] as const;

for (const column of texts) {
  Deno.test(`${column}: what is empty or does not fit one WhatsApp message is refused, and the refusal says which`, async () => {
    await using database = await freshDatabase();
    const { sql } = database;
    const set = (text: string | null) => sql`update public.assistants set ${sql({ [column]: text })}`;
    for (const text of ["", "   ", "\n\t", "a".repeat(1_601), "é".repeat(1_601)]) {
      await assert.rejects(() => set(text), { code: "23514", constraint_name: `${column}_can_be_sent` });
    }
    for (const text of [null, "a", "é".repeat(1_600), "Olá!\nAté já."]) await set(text);
  });
}

Deno.test("an admin who changes them over the Data API is refused alike", async () => {
  await using database = await freshDatabase();
  const sub = "7f3d0c1e-52a5-4c3c-9a86-0d5b3f0f9b11";
  await database.sql`update public.users set auth_id = ${sub}`;
  await assert.rejects(
    () =>
      database.as("authenticated", (sql) => sql`update public.assistants set fallback_message = ''`, {
        claims: { sub },
      }),
    { code: "23514", constraint_name: "fallback_message_can_be_sent" },
  );
});

Deno.test("instructions that would fill every prompt, and names that are none, are refused", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const tooLong = { instructions: 50_001, name: 201, model: 201, locale: 36 };
  for (const [column, length] of Object.entries(tooLong)) {
    const set = (text: string) => sql`update public.assistants set ${sql({ [column]: text })}`;
    await assert.rejects(() => set("é".repeat(length)), {
      code: "23514",
      constraint_name: "texts_fit_a_prompt",
    });
    await set("é".repeat(length - 1));
  }
});
