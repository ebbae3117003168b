export interface ConversationCounts {
  idled: number;
  expired: number;
  rescheduled: number;
  idleMessages: number;
  /** Others are due. */
  more: boolean;
}

/** What a tick of the sweep asks of the database; every method throws an AppError when it cannot be asked. */
export interface SweepStore {
  begin(): Promise<{ runId: number; lateSeconds: number }>;
  /** Moves up to `limit` conversations whose time has come. */
  conversations(limit: number): Promise<ConversationCounts>;
  /** Sessions with something to do and nobody doing it. */
  stalledSessions(limit: number): Promise<string[]>;
  housekeeping(
    rawRetentionDays: number,
  ): Promise<{ rawPayloads: number; sweepRuns: number; cronRuns: number }>;
  finish(runId: number, counts: object): Promise<void>;
}
