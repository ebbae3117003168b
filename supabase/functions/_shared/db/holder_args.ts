import type { Holder } from "../app/ports/batch_locks.ts";

/** The fence, as every function that checks it takes it. */
export function holderArgs({ sessionId, webhookId }: Holder) {
  return { p_session_id: sessionId, p_webhook_id: webhookId };
}
