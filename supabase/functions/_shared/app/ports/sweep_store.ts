export interface ConversationCounts {
  idled: number;
  expired: number;
  rescheduled: number;
  idleMessages: number;
  /** Others are due. */
  more: boolean;
}

export interface HousekeepingCounts {
  rawPayloads: number;
  orphans: number;
  deadLetters: number;
  sweepRuns: number;
  cronRuns: number;
}

/** What a tick of the sweep asks of the database; every method throws an AppError when it cannot be asked. */
export interface SweepStore {
  /** Null: another tick is at work, and learns that it was asked again. It counts as one for `budgetMs` at most. */
  begin(budgetMs: number): Promise<{ runId: number; lateSeconds: number; startedAt: string } | null>;
  /** Moves up to `limit` conversations whose time has come. */
  conversations(limit: number): Promise<ConversationCounts>;
  /** Sessions that can go on and that nobody holds, fairly among organizations; none that was tried since `triedBefore`. */
  stalledSessions(limit: number, triedBefore: string): Promise<string[]>;
  housekeeping(rawRetentionDays: number): Promise<HousekeepingCounts>;
  /**
   * Null: the tick is over and recorded. Asked again since `lookedAt` (null: never mind), it is not: the answer is the moment from
   * which it looks again. `untried`: sessions that were listed and not come to; they come first in the next list.
   */
  finish(
    runId: number,
    counts: object,
    ends: { lookedAt: string | null; untried: string[] },
  ): Promise<string | null>;
}
