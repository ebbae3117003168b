import { setTimeout as pause } from "node:timers/promises";
import { accountAnswer } from "./account.ts";
import type { createDelivery } from "./delivery.ts";
import { twilioError } from "./errors.ts";
import { faultOf, type FaultQueue, type TwilioFault } from "./faults.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer } from "../http/http_server.ts";
import { listJson } from "./listing.ts";
import { messageJson, randomSid, type SimulatedMessage } from "./message.ts";
import { refusalOf, type SendingAccount } from "./refusals.ts";
import type { TwilioStore } from "./store.ts";

export interface RestContext extends SendingAccount {
  accountSid: string;
  authToken: string;
  store: TwilioStore;
  faults: FaultQueue;
  delivery: ReturnType<typeof createDelivery>;
}

/** Twilio's REST API as far as messages go (https://www.twilio.com/docs/messaging/api/message-resource), and the account. */
export async function answerRest(request: HttpRequest, context: RestContext): Promise<HttpAnswer> {
  const { store, accountSid, faults } = context;
  const account = `/2010-04-01/Accounts/${accountSid}`;
  const base = `${account}/Messages`;
  const { pathname } = request.url;
  if (!authorized(request, context)) return twilioError(20003);
  if (pathname === `${account}.json` && request.method === "GET") return accountAnswer(accountSid);
  if (!pathname.startsWith(base)) return twilioError(20404);
  const rest = pathname.slice(base.length);
  if (rest === ".json" && request.method === "POST") {
    return await create(new URLSearchParams(request.body), context);
  }
  if (request.method !== "GET") return twilioError(20404);
  if (rest === ".json") {
    const query = request.url.searchParams;
    const fault = faults.take("list", query.get("To"));
    return await faulty(fault, () => jsonAnswer(200, listJson(store.all(), query, accountSid)));
  }
  const [, sid = "", mediaSid] = rest.match(/^\/(SM[0-9a-f]{32})(?:\.json|\/Media\/(ME[0-9a-f]{32}))$/) ?? [];
  const message = store.find(sid);
  if (message === null) return twilioError(20404);
  if (mediaSid !== undefined) return media(message, mediaSid);
  return await faulty(
    faults.take("fetch", message.to),
    () => jsonAnswer(200, messageJson(message, accountSid)),
  );
}

async function create(form: URLSearchParams, context: RestContext): Promise<HttpAnswer> {
  const { store, delivery, accountSid } = context;
  const faults = context.faults.take("create", form.get("To"));
  const refused = withoutEffect(faults);
  if (refused !== null) return refused;
  const invalid = refusalOf(form, context);
  if (invalid !== null) return twilioError(invalid);
  const message = acceptedMessage(form);
  store.add(message);
  const begun = delivery.begin(message.sid, faults);
  if (faultOf(faults, "callbacks")?.mode === "before_response") await begun;
  return await faulty(faults, () => jsonAnswer(201, messageJson(message, accountSid)));
}

/** What a fault answers before anything happened; null: it comes later, or there is none. */
function withoutEffect(faults: TwilioFault[]): HttpAnswer | null {
  for (const fault of faults) {
    if (fault.kind === "rate_limited") {
      const { code = 20429, retryAfterSeconds: seconds = 1 } = fault;
      return twilioError(code, {
        status: 429,
        headers: seconds === null ? {} : { "retry-after": String(seconds) },
      });
    }
    if (fault.kind === "reject") return twilioError(fault.code, fault);
    if ("accepted" in fault && !fault.accepted) return brokenAnswer(fault);
  }
  return null;
}

async function faulty(faults: TwilioFault[], answer: () => HttpAnswer): Promise<HttpAnswer> {
  const early = withoutEffect(faults);
  if (early !== null) return early;
  const late = faultOf(faults, "delay");
  if (late !== undefined) await pause(late.ms);
  await faultOf(faults, "held")?.until;
  if (faultOf(faults, "malformed_answer")) return { kind: "answer", status: 201, body: '{"sid": "SM' };
  for (const fault of faults) if ("accepted" in fault) return brokenAnswer(fault);
  return answer();
}

function brokenAnswer(fault: Extract<TwilioFault, { accepted: boolean }>): HttpAnswer {
  if (fault.kind !== "server_error") return { kind: fault.kind };
  const body = { code: 20500, message: "Internal Server Error", more_info: "", status: fault.status };
  return jsonAnswer(fault.status, body);
}

function acceptedMessage(form: URLSearchParams): SimulatedMessage {
  const now = new Date().toISOString();
  const messagingServiceSid = form.get("MessagingServiceSid") || null;
  return {
    sid: randomSid("SM"),
    direction: "outbound-api",
    from: form.get("From") || null,
    to: form.get("To") ?? "",
    body: form.get("Body") ?? "",
    status: messagingServiceSid === null ? "queued" : "accepted",
    errorCode: null,
    messagingServiceSid,
    contentSid: form.get("ContentSid"),
    contentVariables: form.get("ContentVariables"),
    statusCallback: form.get("StatusCallback"),
    media: [],
    createdAt: now,
    updatedAt: now,
    sentAt: null,
    webhook: null,
  };
}

function media(message: SimulatedMessage, sid: string): HttpAnswer {
  const found = message.media.find((each) => each.sid === sid);
  if (found === undefined || found.base64 === null) return twilioError(20404);
  const body = Uint8Array.from(atob(found.base64), (character) => character.charCodeAt(0));
  return { kind: "answer", status: 200, headers: { "content-type": found.contentType }, body };
}

function authorized(request: HttpRequest, { accountSid, authToken }: RestContext): boolean {
  return request.headers.get("authorization") === `Basic ${btoa(`${accountSid}:${authToken}`)}`;
}
