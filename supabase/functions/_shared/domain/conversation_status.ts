/** Every state of a conversation. Which moves are legal stands in the database alone. */
export const conversationStatuses = [
  "pending",
  "progress",
  "human_handoff",
  "idle_timeout",
  "agent_closed",
  "user_closed",
  "support_closed",
  "expired",
  "failed",
] as const;

export type ConversationStatus = typeof conversationStatuses[number];

export interface Conversation {
  id: string;
  sessionId: string;
  status: ConversationStatus;
  /** One more with every move. */
  version: number;
}

export interface StatusChange {
  to: ConversationStatus;
  changedBy: string;
  reason: string | null;
}
