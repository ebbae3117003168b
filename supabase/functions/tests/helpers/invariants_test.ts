import assert from "node:assert/strict";
import { freshDatabase } from "./database.ts";
import { checkInvariants, invariantNames } from "./invariants.ts";

const limits = { sweepSeconds: 30, unansweredSeconds: 60 };

/** A session with one message that was answered and sent, everything in order. */
const inOrder = `
  select public.ingest_inbound_message('{
    "MessageSid": "SM1", "AccountSid": "AC00000000000000000000000000000001", "Body": "Oi",
    "From": "whatsapp:+5511999990001", "To": "whatsapp:+14155238886"}');
  update public.assistants set quiet_window_ms = 0, max_wait_ms = 0;
  select public.acquire_batch_lock(id, 'w') from public.sessions;
  select public.complete_batch(s.id, 'w', (c ->> 'batch_id')::uuid, '["One."]')
  from public.sessions s cross join lateral public.claim_batch(s.id, 'w') c;
  update public.messages set message_sid = 'SM2', delivery_status = 'delivered' where direction = 'outbound';
  select public.release_batch_lock(id, 'w', true) from public.sessions`;

const queued = (dueAgo: string) => `
  insert into public.message_queue (message_id, message_sid, session_id, payload, available_at)
  select id, message_sid, session_id, '{}', clock_timestamp() - interval '${dueAgo}'
  from public.messages where direction = 'inbound';
  delete from public.reply_batches`;
const unsent = (status: string, ago: string) => `
  update public.messages
  set message_sid = null, delivery_status = '${status}', created_at = created_at - interval '${ago}',
    send_started_at = send_started_at - interval '${ago}'
  where direction = 'outbound'`;
const live =
  "update public.sessions set batch_lock_id = 'w', batch_lock_until = clock_timestamp() + interval '9 s'";

/** What breaks each invariant, and what looks alike and does not. */
const cases: { invariant: string; broken: string[]; kept: string[] }[] = [
  {
    invariant: "acknowledged_message_is_kept_in_mind",
    broken: [
      "delete from public.reply_batches; update public.messages set created_at = created_at - interval '61 s'",
      "update public.reply_batches set outcome = 'failed'; update public.messages set created_at = created_at - interval '61 s'",
    ],
    kept: [
      "delete from public.reply_batches",
      `${queued("1 s")}; update public.messages set created_at = created_at - interval '61 s'`,
      "delete from public.reply_batches; update public.messages set unanswered_reason = 'handoff', created_at = created_at - interval '61 s' where direction = 'inbound'",
    ],
  },
  {
    invariant: "message_is_answered_once",
    broken: [
      "insert into public.reply_batches (owner_id, session_id, conversation_id, lock_id, message_ids, attempt, outcome, closed_at) select owner_id, session_id, conversation_id, 'x', message_ids, 1, 'completed', clock_timestamp() from public.reply_batches",
    ],
    kept: [
      "insert into public.reply_batches (owner_id, session_id, conversation_id, lock_id, message_ids, attempt, outcome, closed_at) select owner_id, session_id, conversation_id, 'x', message_ids, 1, 'failed', clock_timestamp() from public.reply_batches",
    ],
  },
  {
    invariant: "answered_message_left_the_queue",
    broken: [
      "insert into public.message_queue (message_id, message_sid, session_id, payload) select id, message_sid, session_id, '{}' from public.messages where direction = 'inbound'",
    ],
    kept: [
      "insert into public.message_queue (message_id, message_sid, session_id, payload, status) select id, message_sid, session_id, '{}', 'dead' from public.messages where direction = 'inbound'",
    ],
  },
  {
    invariant: "reply_has_one_row_per_position",
    broken: [
      "drop index public.reply_has_one_message_per_position; insert into public.messages (owner_id, session_id, conversation_id, direction, author, batch_id, position, delivery_status, message_sid) select owner_id, session_id, conversation_id, direction, author, batch_id, position, 'sent', 'SM3' from public.messages where direction = 'outbound'",
    ],
    kept: [
      "insert into public.messages (owner_id, session_id, conversation_id, direction, author, batch_id, position, delivery_status, message_sid) select owner_id, session_id, conversation_id, direction, author, batch_id, 1, 'sent', 'SM3' from public.messages where direction = 'outbound'",
    ],
  },
  {
    invariant: "given_up_batch_has_its_fallback",
    broken: [
      `${
        queued("0 s")
      }; insert into public.reply_batches (owner_id, session_id, conversation_id, lock_id, message_ids, attempt, outcome, closed_at) select owner_id, session_id, conversation_id, 'x', array[id], 5, 'dead', clock_timestamp() from public.messages where direction = 'inbound'`,
    ],
    kept: ["update public.reply_batches set outcome = 'dead'"],
  },
  {
    invariant: "message_was_posted_once",
    broken: ["update public.messages set second_message_sid = 'SM9' where direction = 'outbound'"],
    kept: [],
  },
  {
    invariant: "due_message_is_attended_to",
    broken: [queued("61 s")],
    kept: [queued("59 s"), `${queued("61 s")}; ${live}`],
  },
  {
    invariant: "due_send_is_attended_to",
    broken: [unsent("pending", "61 s"), unsent("sending", "81 s"), unsent("unknown", "81 s")],
    kept: [unsent("pending", "55 s"), unsent("sending", "75 s"), `${unsent("sending", "81 s")}; ${live}`],
  },
  {
    invariant: "conversation_ends_in_time",
    broken: ["update public.conversations set updated_at = clock_timestamp() - interval '24 hours 61 s'"],
    kept: [
      "update public.conversations set updated_at = clock_timestamp() - interval '24 hours 59 s'",
      "update public.conversations set status = 'human_handoff', updated_at = clock_timestamp() - interval '9 days'",
    ],
  },
  {
    invariant: "final_conversation_has_history",
    broken: ["update public.conversations set status = 'user_closed', ended_at = clock_timestamp()"],
    kept: [
      "select public.transition_conversation(id, 'user_closed', version, 'test') from public.conversations",
    ],
  },
];

for (const { invariant, broken, kept } of cases) {
  Deno.test(`the invariant ${invariant} fires when it is broken, and only then`, async () => {
    for (
      const [statements, expected] of [
        ...broken.map((sql) => [sql, true] as const),
        ...kept.map((sql) => [sql, false] as const),
      ]
    ) {
      await using database = await freshDatabase();
      await database.sql.unsafe(inOrder);
      await database.sql.unsafe(statements);
      const found = await checkInvariants(database.sql, limits);
      const names = found.map((each) => each.invariant);
      assert.equal(names.includes(invariant), expected, `${statements}: ${names.join() || "nothing"}`);
      if (expected) assert.equal(found.find((each) => each.invariant === invariant)?.rows.length, 1);
    }
  });
}

Deno.test("nothing is broken where all is in order, even with limits of no time", async () => {
  await using database = await freshDatabase();
  await database.sql.unsafe(inOrder);
  assert.deepEqual(await checkInvariants(database.sql, { sweepSeconds: 0, unansweredSeconds: 0 }), []);
});

Deno.test("every invariant has its case", async () => {
  assert.deepEqual(await invariantNames(), cases.map(({ invariant }) => invariant));
});
