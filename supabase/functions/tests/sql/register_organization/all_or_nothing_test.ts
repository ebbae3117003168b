import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase } from "../../fixtures/database.ts";
import { allRows } from "../../fixtures/all_rows.ts";

interface Values {
  email?: string;
  account?: string;
  sender?: string;
}

function register(sql: postgres.Sql | postgres.TransactionSql, values: Values = {}) {
  const { email = "new@example.test", account = `AC${"7".repeat(32)}`, sender = "whatsapp:+15550007777" } =
    values;
  return sql`
    select * from public.register_organization('New', ${email}, 'Ada', ${account}, 'jwe', ${sender})`;
}

/** Where each statement of a PL/pgSQL body ends that is reached when all goes well. */
function statementEnds(body: string): number[] {
  const token = /--[^\n]*|'(?:[^']|'')*'|;|[^;'-]+|-/g;
  const ends: number[] = [];
  let statement = "";
  for (const { 0: text, index } of body.slice(body.search(/^begin$/m)).matchAll(token)) {
    if (text !== ";") {
      statement += text.startsWith("--") ? "" : text;
      continue;
    }
    if (!/\braise exception\b/.test(statement) && statement.trim() !== "end") {
      ends.push(body.search(/^begin$/m) + index + 1);
    }
    statement = "";
  }
  return ends;
}

const code = (expected: string, message?: string) => (error: unknown) =>
  error instanceof Error && "code" in error && error.code === expected &&
  (message === undefined || error.message === message);

Deno.test("a failure after any statement of register_organization leaves the database as it was", async (t) => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`insert into auth.users (id, email, email_confirmed_at)
    values (gen_random_uuid(), 'new@example.test', now())`;
  const [found] = await sql`
    select p.prosrc as body, pg_get_functiondef(p.oid) as definition
    from pg_proc p where p.oid = 'public.register_organization'::regproc`;
  const { body, definition }: { body: string; definition: string } = {
    body: found?.body,
    definition: found?.definition,
  };
  const ends = statementEnds(body);
  assert.ok(ends.length >= 10, "the statements were found");
  const before = await allRows(sql);

  const faults = [
    { what: "an error", fault: "raise exception using errcode = 'XX001';", expected: /^XX001$/ },
    {
      what: "a lost connection",
      fault: "perform pg_terminate_backend(pg_backend_pid(), 5000);",
      expected: /^(57P01|CONNECTION_)/,
    },
  ];
  for (const { what, fault, expected } of faults) {
    await t.step(`${what}, ${ends.length} times`, async () => {
      for (const end of ends) {
        const broken = `${body.slice(0, end)} ${fault}${body.slice(end)}`;
        await sql.unsafe(definition.replace(body, () => broken));
        // A connection of its own: it may be lost.
        const client = database.connect();
        const told = await register(client).then(() => "none", ({ code }) => String(code));
        assert.match(told, expected);
        assert.deepEqual(await allRows(sql), before, broken);
      }
    });
  }
  await t.step("without a fault it registers everything, and ties who is known to sign in", async () => {
    await sql.unsafe(definition);
    const [ids] = await register(sql);
    const [row] = await sql`
      select o.email, u.role, u.auth_id is not null as tied, s.address, t.account_sid
      from owners o
      join users u on u.owner_id = o.id and u.id = ${ids?.user_id}
      join assistants a on a.owner_id = o.id and a.id = ${ids?.assistant_id}
      join twilio_accounts t on t.owner_id = o.id and t.id = ${ids?.twilio_account_id}
      join senders s on s.assistant_id = a.id and s.twilio_account_id = t.id
      where o.id = ${ids?.owner_id}`;
    assert.deepEqual({ ...row }, {
      email: "new@example.test",
      role: "admin",
      tied: true,
      address: "whatsapp:+15550007777",
      account_sid: `AC${"7".repeat(32)}`,
    });
  });
});

Deno.test("20 registrations of one e-mail at once make one organization and 19 times organization_exists", async () => {
  await using database = await freshDatabase();
  const spellings = ["new@example.test", "New@Example.test", " NEW@example.test "];
  const clients = Array.from({ length: 20 }, () => database.connect());
  await Promise.all(clients.map((client) => client`select 1`));
  const outcomes = await Promise.allSettled(clients.map((client, nth) =>
    register(client, {
      email: spellings[nth % spellings.length] ?? "",
      account: `AC${nth.toString(16).padStart(32, "a")}`,
      sender: `whatsapp:+1555000${1000 + nth}`,
    })
  ));
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  assert.equal(refused.length, 19);
  assert.ok(refused.every(({ reason }) => code("PT409", "organization_exists")(reason)));
  const [count] = await database.sql`
    select
      (select count(*)::int from owners where email = 'new@example.test') as owners,
      (select count(*)::int from users where email = 'new@example.test') as users,
      (select count(*)::int from assistants) as assistants,
      (select count(*)::int from twilio_accounts) as accounts,
      (select count(*)::int from senders) as senders`;
  // One of each is the demo tenant's.
  assert.deepEqual({ ...count }, { owners: 1, users: 1, assistants: 2, accounts: 2, senders: 2 });
});

Deno.test("an account or a sender of another organization is refused, and nothing is left", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await register(sql);
  const before = await allRows(sql);
  const other = { email: "other@example.test" };
  await assert.rejects(async () => await register(sql, other), code("PT409", "account_taken"));
  await assert.rejects(
    async () => await register(sql, { ...other, account: `AC${"8".repeat(32)}` }),
    code("PT409", "sender_taken"),
  );
  assert.deepEqual(await allRows(sql), before);
});
