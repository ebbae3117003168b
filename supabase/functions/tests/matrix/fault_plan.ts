/**
 * `throw`: an error that nobody expects. `lost`: the answer is lost on the way back, so only after a call. `kill`: SIGKILL.
 * `hang`: this one call takes longer than the lease, the rest of the process goes on. `stop`: SIGSTOP, the whole process.
 */
export const faults = ["throw", "lost", "kill", "hang", "stop"] as const;
export type Fault = (typeof faults)[number];

/** What a function's process is to suffer, once. */
export interface FaultPlan {
  /** Null: nothing but the reports of what is met. */
  fault: Fault | null;
  /** The point at which it happens, at its first meeting. */
  point: string;
  hangMs: number;
  /** Where the process is told that it will end, as Supabase's runtime does before it does so. */
  endAnnouncedAt: string | null;
}

export const noFault: FaultPlan = { fault: null, point: "", hangMs: 0, endAnnouncedAt: null };
