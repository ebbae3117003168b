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
  begin(): Promise<{ runId: number; lateSeconds: number; startedAt: string }>;
  /** Moves up to `limit` conversations whose time has come. */
  conversations(limit: number): Promise<ConversationCounts>;
  /** Sessions that can go on and that nobody holds, fairly among organizations; none that was tried since `triedBefore`. */
  stalledSessions(limit: number, triedBefore: string): Promise<string[]>;
  housekeeping(rawRetentionDays: number): Promise<HousekeepingCounts>;
  /** `untried`: sessions that were listed and not come to; the next tick has them first. */
  finish(runId: number, counts: object, untried: string[]): Promise<void>;
}
