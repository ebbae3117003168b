import type { Conversation, StatusChange } from "../domain/conversation_status.ts";
import { AppError } from "../runtime/errors.ts";
import type { Conversations } from "./ports/conversations.ts";

/** Somebody else may move the conversation meanwhile; that often it is read again. */
const tries = 5;

/**
 * Moves a conversation from whatever state it is in. Throws the last `conflict` when others are always faster, `invalid`
 * when the move is illegal from the state then found, and `not_found`.
 */
export async function changeStatus(
  id: string,
  change: StatusChange,
  { conversations }: { conversations: Conversations },
): Promise<Conversation> {
  for (let left = tries - 1;; left--) {
    const found = await conversations.find(id);
    if (!found) throw new AppError("not_found", `There is no conversation ${id}.`);
    try {
      return await conversations.transition(id, found.version, change);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "conflict" || left === 0) throw error;
    }
  }
}
