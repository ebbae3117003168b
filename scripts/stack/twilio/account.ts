import { type HttpAnswer, jsonAnswer } from "../http/http_server.ts";

/** Twilio's Account resource, without the token that the real one repeats (https://www.twilio.com/docs/iam/api/account). */
export function accountAnswer(accountSid: string): HttpAnswer {
  const created = "Thu, 01 Jan 2026 12:00:00 +0000";
  return jsonAnswer(200, {
    sid: accountSid,
    owner_account_sid: accountSid,
    friendly_name: "Recado's simulated account",
    status: "active",
    type: "Full",
    date_created: created,
    date_updated: created,
    uri: `/2010-04-01/Accounts/${accountSid}.json`,
  });
}
