/** The session and the invocation that holds its lease: the fence of every decision. */
export interface Holder {
  sessionId: string;
  webhookId: string;
}

/** The lease on a session. Each method is one transaction, and throws an AppError when the database cannot be asked. */
export interface BatchLocks {
  acquire(holder: Holder, seconds: number): Promise<{ success: boolean; lockOwner: string }>;
  /** False: it is another's, or it expired; the holder writes nothing more. */
  extend(holder: Holder, seconds: number): Promise<boolean>;
  /** False: it is not the holder's, or, with `ifDrained`, there is something due. */
  release(holder: Holder, options: { ifDrained: boolean }): Promise<boolean>;
}
