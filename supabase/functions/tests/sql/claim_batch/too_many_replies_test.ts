import assert from "node:assert/strict";
import { conversation, write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { begin, begunIn, holder, record, reply } from "../../fixtures/sends.ts";

/** A customer's message, after so many replies to the same customer, each the given number of seconds ago. */
async function afterReplies({ sql }: TestDatabase, secondsAgo: number[]) {
  await sql`update public.assistants set quiet_window_ms = 0, max_wait_ms = 0`;
  const written = await write(sql, freshAddress());
  for (const seconds of secondsAgo) {
    await sql`
      insert into public.reply_batches
        (owner_id, session_id, conversation_id, lock_id, message_ids, attempt, outcome, created_at, closed_at)
      select
        c.owner_id, c.session_id, c.id, 'earlier', array[gen_random_uuid()], 1, 'completed',
        clock_timestamp() - make_interval(secs => ${seconds}),
        clock_timestamp() - make_interval(secs => ${seconds})
      from public.conversations c where c.id = ${written.conversation_id}`;
  }
  await sql`select public.acquire_batch_lock(${written.session_id}, ${holder})`;
  const [row] =
    await sql`select public.claim_batch(${written.session_id}, ${holder}) ->> 'outcome' as outcome`;
  return { ...written, outcome: row?.outcome };
}

/** So many replies, evenly over the last so many seconds. */
const spread = (count: number, seconds: number) =>
  Array.from({ length: count }, (_, at) => (seconds * at) / count);

Deno.test("after ten replies in a minute a person is asked for, and no eleventh is paid for", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { outcome, session_id, conversation_id, message_id } = await afterReplies(database, spread(10, 50));
  assert.equal(outcome, "handed_off");
  assert.equal((await conversation(sql, conversation_id)).status, "human_handoff");
  const [flagged] = await sql`
    select context ? 'reply_limit' as answer from public.conversations where id = ${conversation_id}`;
  assert.equal(flagged?.answer, true);
  const [left] = await sql`
    select unanswered_reason, (select count(*)::integer from public.message_queue where session_id = ${session_id}) as queued
    from public.messages where id = ${message_id}`;
  assert.deepEqual({ ...left }, { unanswered_reason: "handoff", queued: 0 });
  const batches =
    await sql`select from public.reply_batches where session_id = ${session_id} and lock_id = ${holder}`;
  assert.equal(batches.length, 0);
});

Deno.test("nine in a minute, and ten of which one is older, are a conversation", async () => {
  await using database = await freshDatabase();
  assert.equal((await afterReplies(database, spread(9, 50))).outcome, "claimed");
  assert.equal((await afterReplies(database, [...spread(9, 50), 61])).outcome, "claimed");
});

Deno.test("after sixty replies in an hour a person is asked for, however slowly they came", async () => {
  await using database = await freshDatabase();
  assert.equal((await afterReplies(database, spread(60, 3_500))).outcome, "handed_off");
  assert.equal((await afterReplies(database, spread(59, 3_500))).outcome, "claimed");
  assert.equal((await afterReplies(database, [...spread(59, 3_500), 3_601])).outcome, "claimed");
});

Deno.test("each assistant has limits of its own", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`update public.assistants set max_replies_per_minute = 2, max_replies_per_hour = 4`;
  assert.equal((await afterReplies(database, [1])).outcome, "claimed");
  assert.equal((await afterReplies(database, [1, 2])).outcome, "handed_off");
  assert.equal((await afterReplies(database, spread(4, 3_000))).outcome, "handed_off");
});

Deno.test("after a person hands the conversation back the assistant answers again", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`update assistants set max_replies_per_hour = 1`;
  const { session, customer, conversation, send } = await reply(sql, ["Um"]);
  await record(sql, session, send, { kind: "accepted", message_sid: "SM1", status: "sent" });
  await write(sql, customer);
  const [a] = await sql`select claim_batch(${session}, ${holder}) as claim`;
  assert.equal(a?.claim.outcome, "handed_off");
  await sql`select hand_back_conversation(${conversation})`;
  await write(sql, customer);
  const [b] = await sql`select claim_batch(${session}, ${holder}) as claim`;
  assert.equal(b?.claim.outcome, "claimed");
});

Deno.test("fallbacks count as replies: a machine that answers them is stopped, too", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`update assistants set max_replies_per_minute = 3, quiet_window_ms = 0, max_wait_ms = 0`;
  const outcomes = [];
  for (let n = 0; n < 4; n++) {
    const { session_id } = await write(sql, "whatsapp:+5511900000001");
    await sql`select acquire_batch_lock(${session_id}, ${holder})`;
    const [row] = await sql`select claim_batch(${session_id}, ${holder}) as claim`;
    outcomes.push(row?.claim.outcome);
    if (row?.claim.outcome !== "claimed") break;
    await sql`select fail_batch(${session_id}, ${holder}, ${row?.claim.batch_id}, '{"failure": "content_refused"}', 'give_up')`;
    const fallback = begunIn(await begin(sql, session_id));
    await record(sql, session_id, fallback, { kind: "accepted", message_sid: `SMf${n}`, status: "sent" });
  }
  assert.deepEqual(outcomes, ["claimed", "claimed", "claimed", "handed_off"]);
});
