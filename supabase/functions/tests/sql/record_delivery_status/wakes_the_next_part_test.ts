import assert from "node:assert/strict";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { accept, callback, holder, reply } from "../../fixtures/sends.ts";

/** The first of two parts is with Twilio, and the holder has gone. */
async function firstOfTwo({ sql }: TestDatabase, { isHeld = false } = {}) {
  const sent = await reply(sql, ["Um", "dois"]);
  await accept(sql, sent.session, sent.send, "SM1");
  if (!isHeld) await sql`select public.release_batch_lock(${sent.session}, ${holder})`;
  return sent;
}

Deno.test("sent wakes the session for the next part; that Twilio queued it does not", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session } = await firstOfTwo(database);
  const answers = [];
  for (const status of ["accepted", "queued", "sent", "sent"]) {
    answers.push(await callback(sql, { sid: "SM1", status }));
  }
  assert.deepEqual(answers, [
    { outcome: "repeated", wake_session_id: null },
    { outcome: "recorded", wake_session_id: null },
    { outcome: "recorded", wake_session_id: session },
    { outcome: "repeated", wake_session_id: null },
  ]);
});

Deno.test("a failure wakes the session for what comes after the reply", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, conversation } = await firstOfTwo(database);
  await sql`select public.send_operator_message(${conversation}, 'Aqui é a Ana.')`;
  const failed = await callback(sql, { sid: "SM1", status: "failed", errorCode: 63024 });
  assert.deepEqual(failed, { outcome: "recorded", wake_session_id: session });
});

Deno.test("nobody is woken while somebody holds the session, or when nothing is left to send", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await firstOfTwo(database, { isHeld: true });
  assert.equal((await callback(sql, { sid: "SM1", status: "sent" })).wake_session_id, null);

  const { session, send } = await reply(sql, ["Oi"]);
  await accept(sql, session, send, "SM2");
  await sql`select public.release_batch_lock(${session}, ${holder})`;
  assert.equal((await callback(sql, { sid: "SM2", status: "sent" })).wake_session_id, null);
});

Deno.test("a callback that teaches the SID wakes nobody before the message has left", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Um", "dois"]);
  await sql`select release_batch_lock(${session}, ${holder})`;
  const answer = await callback(sql, { messageId: send.message_id, sid: "SM1", status: "queued" });
  const due = await sql`select from private.due_work where session_id = ${session}`;
  assert.equal(answer.wake_session_id, null, `${due.length} due`);
});
