import assert from "node:assert/strict";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import {
  conversationsOf,
  freshSid,
  type Ingested,
  move,
  sweepConversations,
  write,
} from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";

const rounds = 1_000;

interface Race {
  from: string;
  first: Ingested;
  firstSid: string;
  nextSid: string;
}

/** One conversation in each of the states that expire, with one message. */
async function prepare({ sql }: TestDatabase, index: number): Promise<Race> {
  const [from, firstSid, nextSid] = [freshAddress(), freshSid(), freshSid()];
  const first = await write(sql, from, { messageSid: firstSid });
  if (index % 3 > 0) await move(sql, first.conversation_id, "progress");
  if (index % 3 > 1) await move(sql, first.conversation_id, "idle_timeout");
  return { from, first, firstSid, nextSid };
}

Deno.test(`a message and an expiry at the same instant, ${rounds} times, in both orders`, async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const [sweeper, webhook] = [database.connect(), database.connect()];
  const [repeated, original] = [database.connect(), database.connect()];
  const races: Race[] = [];
  for (let done = 0; done < rounds; done += 10) {
    races.push(...await Promise.all(Array.from({ length: 10 }, (_, lane) => prepare(database, done + lane))));
  }

  for (const [index, race] of races.entries()) {
    // From 1 ms ago to 3 ms ahead, while all of them are under way; at the latest now where the sweep has the start. The
    // first three are no race: each order is met once whatever the machine does.
    const sweepStarts = index % 2 === 0;
    const isOver = index < 2;
    const expiresInMs = isOver
      ? -1
      : index === 2
      ? 3_600_000
      : sweepStarts
      ? index % 4 / 2 - 1
      : index % 5 - 1;
    await sql`
      update public.conversations
      set
        updated_at = clock_timestamp() + make_interval(secs => ${expiresInMs / 1_000})
          - case status when 'pending' then interval '48 hours' else interval '24 hours' end,
        sweep_at = clock_timestamp() - interval '1 second'
      where id = ${race.first.conversation_id}`;
    const sweep = () => sweepConversations(sweeper);
    const message = () => [
      write(webhook, race.from, { messageSid: race.nextSid }),
      write(repeated, race.from, { messageSid: race.nextSid }),
      write(original, race.from, { messageSid: race.firstSid }),
    ];
    const sweptFirst = sweepStarts ? sweep() : null;
    if (isOver) await sweptFirst;
    const written = await Promise.all(message());
    await (sweptFirst ?? sweep());

    const [one, other, duplicate] = written;
    assert.deepEqual([one?.outcome, other?.outcome].sort(), ["accepted", "duplicate"]);
    assert.equal(one?.message_id, other?.message_id, "both were told of the one message");
    assert.deepEqual({ ...duplicate }, { ...race.first, outcome: "duplicate", wait_ms: null });
  }
  for (let swept = 1; swept > 0;) {
    const { idled, expired, rescheduled } = await sweepConversations(sql);
    swept = idled + expired + rescheduled;
  }

  const outcomes = { "the message came first": 0, "the sweep came first": 0, "the message found it over": 0 };
  for (const { first, nextSid } of races) {
    const conversations = await conversationsOf(sql, first.session_id);
    const [last] = await sql`
      select m.conversation_id from public.messages m where m.message_sid = ${nextSid} and m.session_id = ${first.session_id}`;
    assert(last, "no message is lost");
    assert.equal(last.conversation_id, conversations.at(-1)?.id);
    assert(
      ["pending", "progress", "idle_timeout"].includes(conversations.at(-1)?.status ?? ""),
      "it is in an open one",
    );
    if (conversations.length === 1) {
      outcomes["the message came first"]++;
      continue;
    }
    assert.deepEqual(conversations.map(({ status }) => status), ["expired", "pending"]);
    const ends = await sql`
      select changed_by from public.conversation_state_history
      where conversation_id = ${first.conversation_id} and to_status = 'expired'`;
    assert.equal(ends.length, 1);
    outcomes[ends[0]?.changed_by === "sweep" ? "the sweep came first" : "the message found it over"]++;
  }
  console.log(outcomes);

  const [sums] = await sql`
    select
      (select count(*)::integer from public.messages) as messages,
      (select count(*)::integer from public.conversations c
       where not exists (select from public.messages m where m.conversation_id = c.id)) as phantoms,
      (select count(*)::integer from public.messages m join public.conversations c on c.id = m.conversation_id
       where m.created_at > c.ended_at) as after_the_end`;
  assert.deepEqual({ ...sums }, { messages: 2 * rounds, phantoms: 0, after_the_end: 0 });
  assert(Object.values(outcomes).every((count) => count > 0), "every order was met");
});
