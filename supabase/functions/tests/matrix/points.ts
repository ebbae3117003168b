import type { Fault } from "./fault_plan.ts";

/** What has to happen for a call to be made at all; see cell.ts. */
export type Scenario =
  | "burst"
  | "slow"
  | "left_outbox"
  | "answer_lost"
  | "model_fails"
  | "shutdown"
  | "sweep"
  | "callback";

/** Every call of the production code that has fault points, with a scenario in which it is made. */
export const calls: Record<string, Scenario> = {
  "twilio_accounts.select": "burst",
  ingest_inbound_message: "burst",
  acquire_batch_lock: "burst",
  extend_batch_lock: "slow",
  claim_batch: "burst",
  "model.reply": "burst",
  fail_batch: "model_fails",
  hand_back_batch: "shutdown",
  complete_batch: "burst",
  begin_send: "left_outbox",
  "twilio.create_message": "burst",
  record_send: "burst",
  release_batch_lock: "burst",
  "twilio.list_messages": "answer_lost",
  known_message_sids: "answer_lost",
  record_delivery_status: "callback",
  begin_sweep: "sweep",
  recover_stalled: "sweep",
  sweep_conversations: "sweep",
  sweep_housekeeping: "sweep",
  finish_sweep: "sweep",
};

export const points: string[] = Object.keys(calls).flatMap((call) => [`${call}.before`, `${call}.after`]);

export interface CellPlan {
  point: string;
  fault: Fault;
  scenario: Scenario;
  /** How long a hang or a stop lasts. */
  lastsMs: number;
  /** Seconds for which an unknown send is left alone. */
  graceSeconds: number;
  /** Without callbacks only Twilio's list can tell what became of an unknown send. */
  callbacks: boolean;
}

/** Past the lease, and short of the 5 s after which a worker does not begin to post any more. */
const shortMs = 4_000;
/** Past those 5 s as well. */
const longMs = 7_000;
const shortGrace = 3;
/** What the workers' own limits are made for: 5 s to begin, 10 s to post, and a margin. */
const honestGrace = 20;

/**
 * Between the commit that begins a send and its POST. A worker that is held up here for less than 5 s still posts, so with a
 * grace shorter than that the test would break the promise itself.
 */
const begun = [
  "complete_batch.after",
  "begin_send.after",
  "record_send.after",
  "twilio.create_message.before",
];

export function cellOf(point: string, fault: Fault, changes: Partial<CellPlan> = {}): CellPlan {
  const scenario = calls[point.replace(/\.(before|after)$/, "")] ?? "burst";
  const holdsUp = fault === "hang" || fault === "stop";
  return {
    ...{ point, fault, scenario, lastsMs: shortMs },
    graceSeconds: holdsUp && begun.includes(point) ? honestGrace : shortGrace,
    callbacks: fault !== "kill" && fault !== "stop",
    ...changes,
  };
}

const faultsAt = (point: string): Fault[] =>
  point.endsWith(".after") ? ["throw", "lost", "kill", "hang", "stop"] : ["throw", "kill", "hang", "stop"];

/** Every point with every fault that can happen there, and the longer hold-ups where they make a difference. */
export function allCells(): CellPlan[] {
  const each = points.flatMap((point) => faultsAt(point).map((fault) => cellOf(point, fault)));
  const longer = begun.flatMap((point) =>
    (["hang", "stop"] as const).map((fault) => cellOf(point, fault, { lastsMs: longMs, callbacks: true }))
  );
  const honest = (["kill", "throw"] as const).map((fault) =>
    cellOf("twilio.create_message.after", fault, { graceSeconds: honestGrace, callbacks: false })
  );
  return [...each, ...longer, ...honest];
}

/** Whether a send may be unknown for a while: from the first commit that begins one. */
export function mayBeUnknown({ point, scenario }: CellPlan): boolean {
  return scenario === "answer_lost" || scenario === "callback" || begun.includes(point) ||
    /^(begin_send|record_send|twilio\.create_message)\./.test(point);
}
