import type { Conversation, StatusChange } from "../../domain/conversation_status.ts";

export interface Conversations {
  /** Null: there is none. */
  find(id: string): Promise<Conversation | null>;
  /** Only from `version`. AppErrors: `conflict` when it is no longer current, `invalid` for an illegal move, `not_found`. */
  transition(id: string, version: number, change: StatusChange): Promise<Conversation>;
}
