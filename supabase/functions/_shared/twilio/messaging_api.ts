import type { ListedMessage, MessagingApi, SendResult } from "../app/ports/messaging.ts";
import type { Secret } from "../runtime/secret.ts";
import { AppError } from "../runtime/errors.ts";
import { startTimeLimit, type TimeLimit } from "../runtime/time_limit.ts";
import { exchange } from "./exchange.ts";
import { formOf } from "./message_form.ts";
import { readPage } from "./message_page.ts";
import { redact } from "../runtime/redaction.ts";
import { classifySend, unreachableMs } from "./send_result.ts";

export interface MessagingApiOptions {
  /** `https://api.twilio.com`, or what stands in for it. */
  baseUrl: string;
  /** The account's current token; rejects when it cannot be had. */
  authToken: (accountSid: string) => Promise<Secret>;
  fetch?: typeof fetch;
  now?: () => Date;
  pageSize?: number;
}

/** Past this many the list is no proof of absence any more: AppError `twilio_list_too_long` instead of half a list. */
const maxPages = 20;

/** Twilio's Message resource (https://www.twilio.com/docs/messaging/api/message-resource): create and list. */
export function createMessagingApi(options: MessagingApiOptions): MessagingApi {
  const { authToken, fetch: fetchOption, now = () => new Date(), pageSize = 100 } = options;
  const baseUrl = checkedBaseUrl(options.baseUrl);
  const send = (url: string, init: RequestInit, limit: TimeLimit) =>
    exchange({ url, init, fetch: fetchOption ?? fetch }, limit);

  return {
    async createMessage(message, { timeoutMs, mayStart }) {
      const limit = startTimeLimit(timeoutMs);
      const secrets: string[] = [];
      try {
        const token = (await limit.race(authToken(message.accountSid))).reveal();
        const authorization = basicAuth(message.accountSid, token);
        secrets.push(token, authorization.slice("Basic ".length));
        const headers = { authorization, accept: "application/json" };
        const init = { method: "POST", headers, body: formOf(message) };
        if (!mayStart()) return notStarted("too late to start");
        const answer = await send(baseUrl + messagesPath(message.accountSid), init, limit);
        const result = classifySend(answer, now());
        return result.kind === "accepted" ? result : { ...result, detail: redact(result.detail, secrets) };
      } catch (error) {
        // From the request on nothing throws, so this came before it: no token, or none in time.
        return notStarted(redact(error instanceof Error ? error.message : String(error), secrets));
      } finally {
        limit.end();
      }
    },

    async listMessages({ accountSid, to, from, since }, { timeoutMs }) {
      const limit = startTimeLimit(timeoutMs);
      try {
        const token = (await limit.race(authToken(accountSid))).reveal();
        const init = { headers: { authorization: basicAuth(accountSid, token), accept: "application/json" } };
        const query = new URLSearchParams({ To: to, ...(from === null ? {} : { From: from }) });
        query.set("PageSize", String(pageSize));
        const found: ListedMessage[] = [];
        let next: string | null = `${messagesPath(accountSid)}?${query}`;
        for (let pages = 0; next !== null; pages++) {
          if (pages === maxPages) throw new AppError("twilio_list_too_long", `more than ${maxPages} pages`);
          const page = readPage(await send(baseUrl + next, init, limit), { to, now: now() });
          found.push(...page.outbound.filter(({ createdAt }) => createdAt >= since));
          next = page.oldest !== null && page.oldest < since ? null : page.next;
        }
        return found.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
      } catch (error) {
        if (error instanceof AppError) throw error;
        const code = limit.signal.aborted ? "twilio_timeout" : "twilio_unreachable";
        throw new AppError(code, "Twilio could not be asked", { retryable: true, cause: error });
      } finally {
        limit.end();
      }
    },
  };
}

function notStarted(detail: string): SendResult {
  return { kind: "postponed", reason: "not_started", retryAfterMs: unreachableMs, errorCode: null, detail };
}

function messagesPath(accountSid: string): string {
  return `/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`;
}

function basicAuth(accountSid: string, token: string): string {
  return `Basic ${btoa(`${accountSid}:${token}`)}`;
}

function checkedBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new AppError("twilio_base_url_malformed", "Twilio's base URL must be http(s)://host[:port]");
  }
  return text.replace(/\/+$/, "");
}
