import { randomSid, type SimulatedMedia, type SimulatedMessage, type WebhookParams } from "./message.ts";

/** What a customer sends. */
export interface InboundMessage {
  /** `whatsapp:+5511987654321`, or `whatsapp:US.…` for a business-scoped id. */
  from: string;
  body?: string;
  profileName?: string;
  media?: { contentType: string; base64?: string; url?: string }[];
  location?: { latitude: number; longitude: number; label?: string; address?: string };
  button?: { text: string; payload: string };
  /** Further parameters, or others in place of ours. */
  extra?: WebhookParams;
  messageSid?: string;
}

export interface InboundContext {
  accountSid: string;
  sender: string;
  /** Base of the media addresses. */
  apiUrl: string;
}

/** The message with the webhook that Twilio would send (https://www.twilio.com/docs/messaging/guides/webhook-request). */
export function inboundMessage(message: InboundMessage, context: InboundContext): SimulatedMessage {
  const sid = message.messageSid ?? randomSid("SM");
  const media = (message.media ?? []).map((each) => storedMedia(each, sid, context));
  const body = message.body ?? message.button?.text ?? "";
  const now = new Date().toISOString();
  return {
    sid,
    direction: "inbound",
    from: message.from,
    to: context.sender,
    body,
    status: "received",
    errorCode: null,
    messagingServiceSid: null,
    contentSid: null,
    contentVariables: null,
    statusCallback: null,
    media,
    createdAt: now,
    updatedAt: now,
    sentAt: now,
    webhook: {
      params: webhookParams(message, { sid, body, media, context }),
      idempotencyToken: crypto.randomUUID(),
      answered: null,
    },
  };
}

function webhookParams(
  message: InboundMessage,
  { sid, body, media, context }: {
    sid: string;
    body: string;
    media: SimulatedMedia[];
    context: InboundContext;
  },
): WebhookParams {
  const { location, button } = message;
  const identity = message.from.replace(/^whatsapp:\+?/, "");
  return {
    ...Object.fromEntries(media.flatMap(({ contentType, url }, index) => [
      [`MediaContentType${index}`, contentType],
      [`MediaUrl${index}`, url],
    ])),
    ...(location && {
      Latitude: String(location.latitude),
      Longitude: String(location.longitude),
      ...(location.label !== undefined && { Label: location.label }),
      ...(location.address !== undefined && { Address: location.address }),
    }),
    ...(button && { ButtonText: button.text, ButtonPayload: button.payload }),
    SmsMessageSid: sid,
    NumMedia: String(media.length),
    ...(message.profileName !== undefined && { ProfileName: message.profileName }),
    MessageType: messageType(message),
    SmsSid: sid,
    WaId: identity,
    SmsStatus: "received",
    Body: body,
    To: context.sender,
    NumSegments: "1",
    ReferralNumMedia: "0",
    MessageSid: sid,
    AccountSid: context.accountSid,
    From: message.from,
    ApiVersion: "2010-04-01",
    ...message.extra,
  };
}

function messageType({ media, location, button }: InboundMessage): string {
  if (button) return "button";
  if (location) return "location";
  const kind = media?.[0]?.contentType.split("/")[0];
  if (kind === undefined) return "text";
  return ["image", "audio", "video"].includes(kind) ? kind : "document";
}

function storedMedia(
  { contentType, base64, url }: { contentType: string; base64?: string; url?: string },
  messageSid: string,
  { accountSid, apiUrl }: InboundContext,
): SimulatedMedia {
  const sid = randomSid("ME");
  const path = `/2010-04-01/Accounts/${accountSid}/Messages/${messageSid}/Media/${sid}`;
  return { sid, contentType, base64: base64 ?? null, url: url ?? apiUrl + path };
}
