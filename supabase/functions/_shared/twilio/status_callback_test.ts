import assert from "node:assert/strict";
import { messageIdOf, parseStatusCallback, statusCallbackUrl } from "./status_callback.ts";

const ids = { AccountSid: "AC" + "0".repeat(32), MessageSid: "SM" + "1".repeat(32) };
const known = { accountSid: ids.AccountSid, messageSid: ids.MessageSid };
const id = "6f1c3f0e-8f6a-4d0e-9d55-0b1f5f1f2a3b";

Deno.test("parseStatusCallback() reads status and error", () => {
  const failed = { ...ids, MessageStatus: "undelivered", SmsStatus: "sent", ErrorCode: "63016" };
  assert.deepEqual(parseStatusCallback(failed), { ...known, status: "undelivered", errorCode: 63016 });
  assert.deepEqual(parseStatusCallback({ ...ids, SmsStatus: "read" }), {
    ...known,
    status: "read",
    errorCode: null,
  });
});

Deno.test("parseStatusCallback() keeps the SID of a callback whose status it does not know", () => {
  const unheard = { ...ids, MessageStatus: "teleported", ErrorCode: "0" };
  assert.deepEqual(parseStatusCallback(unheard), { ...known, status: null, errorCode: null });
});

Deno.test("parseStatusCallback() refuses a callback about no message", () => {
  assert.throws(() => parseStatusCallback({ AccountSid: ids.AccountSid }), { code: "missing_message_sid" });
});

Deno.test("statusCallbackUrl() and messageIdOf() agree", () => {
  const url = statusCallbackUrl("https://project.supabase.co/functions/v1/", id);
  assert.equal(url, `https://project.supabase.co/functions/v1/message-status?message_id=${id}`);
  assert.equal(messageIdOf(new URL(url).search), id);
});

Deno.test("messageIdOf() wants exactly one UUID", () => {
  for (
    const query of ["", "?message_id=", "?message_id=1", `?message_id=${id}&message_id=${id}`, `?id=${id}`]
  ) {
    assert.equal(messageIdOf(query), null, query);
  }
});
