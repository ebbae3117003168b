import type { OutboundMessage } from "../app/ports/messaging.ts";

/** What is posted to create a message (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource). */
export function formOf(message: OutboundMessage): URLSearchParams {
  const { content } = message;
  const text: Record<string, string> = "body" in content
    ? { Body: content.body }
    : { ContentSid: content.contentSid, ContentVariables: JSON.stringify(content.contentVariables) };
  const origin: Record<string, string> = message.messagingServiceSid === null
    ? { From: message.from }
    : { MessagingServiceSid: message.messagingServiceSid };
  return new URLSearchParams({ To: message.to, ...origin, ...text, StatusCallback: message.statusCallback });
}
