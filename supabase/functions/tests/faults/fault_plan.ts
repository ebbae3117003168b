/**
 * `throw`: an error that nobody expects. `lost`: the answer is lost on the way back, so only after a call. `kill`: SIGKILL.
 * `hang`: this one call takes longer than the lease, the rest of the process goes on. `stop`: SIGSTOP, the whole process.
 */
export const faults = ["throw", "lost", "kill", "hang", "stop"] as const;
export type Fault = (typeof faults)[number];

/** What goes wrong in a process of functions, once. */
export interface FaultPlan {
  /** Null: nothing but the reports of what is met. */
  fault: Fault | null;
  /** The point at which it happens, at its first meeting. */
  point: string;
  /** How long a stop was by the stopped process's own clock, in milliseconds; how long it really was does not matter to it. */
  stoppedMs: number;
  /** Where the process is told that it will end, as Supabase's runtime does before it does so. */
  endAnnouncedAt: string | null;
}

export const noFault: FaultPlan = { fault: null, point: "", stoppedMs: 0, endAnnouncedAt: null };
