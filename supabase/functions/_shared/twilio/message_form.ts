import type { OutboundMessage } from "../app/ports/messaging.ts";

/**
 * What is posted to create a message (https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource).
 *
 * `From` goes along with a Messaging Service: "you can provide a specific sender from your Sender Pool" (the same page, at
 * `From`), so that the reply leaves from the address that the customer wrote to, and is found again under it.
 */
export function formOf(message: OutboundMessage): URLSearchParams {
  const { content, messagingServiceSid } = message;
  const text: Record<string, string> = "body" in content
    ? { Body: content.body }
    : { ContentSid: content.contentSid, ContentVariables: JSON.stringify(content.contentVariables) };
  return new URLSearchParams({
    To: message.to,
    From: message.from,
    ...(messagingServiceSid !== null && { MessagingServiceSid: messagingServiceSid }),
    ...text,
    StatusCallback: message.statusCallback,
  });
}
