import type { TwilioStatus } from "functions/_shared/domain/delivery_status.ts";

/** Form parameters of a webhook; a name may repeat. */
export type WebhookParams = Record<string, string | string[]>;

export interface SimulatedMedia {
  sid: string;
  contentType: string;
  /** Null: the media lives elsewhere, at `url`. */
  base64: string | null;
  url: string;
}

/** A Message resource, in either direction. Dates are ISO 8601 here and RFC 2822 on the wire. */
export interface SimulatedMessage {
  sid: string;
  direction: "inbound" | "outbound-api";
  /** Null until a Messaging Service has chosen a sender. */
  from: string | null;
  to: string;
  body: string;
  status: TwilioStatus | "received";
  errorCode: number | null;
  messagingServiceSid: string | null;
  contentSid: string | null;
  contentVariables: string | null;
  statusCallback: string | null;
  media: SimulatedMedia[];
  createdAt: string;
  updatedAt: string;
  sentAt: string | null;
  /** What the webhook carried, and how it was answered so far; outbound messages have none. */
  webhook: { params: WebhookParams; idempotencyToken: string; answered: number | "failed" | null } | null;
}

export function randomSid(prefix: "SM" | "ME"): string {
  return prefix + crypto.randomUUID().replaceAll("-", "");
}

/** The resource as Twilio renders it (https://www.twilio.com/docs/messaging/api/message-resource#message-properties). */
export function messageJson(message: SimulatedMessage, accountSid: string): Record<string, unknown> {
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`;
  return {
    account_sid: accountSid,
    api_version: "2010-04-01",
    body: message.body,
    date_created: rfc2822(message.createdAt),
    date_sent: message.sentAt === null ? null : rfc2822(message.sentAt),
    date_updated: rfc2822(message.updatedAt),
    direction: message.direction,
    error_code: message.errorCode,
    error_message: null,
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_media: String(message.media.length),
    num_segments: message.messagingServiceSid === null ? "1" : "0",
    price: null,
    price_unit: null,
    sid: message.sid,
    status: message.status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  };
}

/** Twilio's dates have whole seconds and a numeric zone: `Thu, 24 Aug 2023 05:01:45 +0000`. */
export function rfc2822(iso: string): string {
  return new Date(iso).toUTCString().replace("GMT", "+0000");
}
