import type { Fault } from "./fault_plan.ts";

/** What has to happen for a call to be made at all; set in scenes.ts. */
export type Situation =
  | "burst"
  | "slow"
  | "left_outbox"
  | "answer_lost"
  | "not_taken"
  | "model_fails"
  | "shutdown"
  | "sweep"
  | "callback";

/** Every call of the production code that has fault points, with a situation in which it is made. */
export const calls: Record<string, Situation> = {
  "twilio_accounts.select": "burst",
  ingest_inbound_message: "burst",
  acquire_batch_lock: "burst",
  extend_batch_lock: "slow",
  claim_batch: "burst",
  "model.reply": "burst",
  fail_batch: "model_fails",
  hand_back_batch: "shutdown",
  complete_batch: "burst",
  begin_send: "not_taken",
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
  situation: Situation;
  /** Of the faulty process. */
  leaseSeconds: number;
  /** How long a stop was by the stopped process's own clock. */
  stoppedMs: number;
  /** Without callbacks only Twilio's list can tell what became of an unknown send. */
  callbacks: boolean;
  /** Whether lease and grace of what the fault left are past at once, instead of when the clock says so. */
  timePasses: boolean;
}

/** As in production: no process loses it by being slow. */
const longLease = 30;
/** For what has to happen within a lease, or past it, by the real clock. */
const shortLease = 3;
/** A call that hangs for longer than this one lasts is past the 5 s after which a worker does not begin to post any more. */
const mediumLease = 6;
/** Past the lease, and past those 5 s. */
const longStopMs = 35_000;
/** Past the lease as the database sees it, short of those 5 s. */
const shortStopMs = 4_000;

/** Between the commit that begins a send and its POST: a worker that is held up here for less than 5 s still posts. */
const begun = [
  "complete_batch.after",
  "begin_send.after",
  "record_send.after",
  "twilio.create_message.before",
];

export function cellOf(point: string, fault: Fault, changes: Partial<CellPlan> = {}): CellPlan {
  const situation = calls[point.replace(/\.(before|after)$/, "")] ?? "burst";
  return {
    point,
    fault,
    situation,
    timePasses: true,
    leaseSeconds: situation === "slow" || fault === "hang" ? shortLease : longLease,
    stoppedMs: begun.includes(point) ? shortStopMs : longStopMs,
    callbacks: fault !== "kill" && fault !== "stop",
    ...changes,
  };
}

const faultsAt = (point: string): Fault[] =>
  point.endsWith(".after") ? ["throw", "lost", "kill", "hang", "stop"] : ["throw", "kill", "hang", "stop"];

/** Every point with every fault that can happen there, and the longer hold-ups where they make a difference. */
export function allCells(): CellPlan[] {
  const each = points.flatMap((point) => faultsAt(point).map((fault) => cellOf(point, fault)));
  const longer = begun.flatMap((point) => [
    cellOf(point, "hang", { leaseSeconds: mediumLease }),
    cellOf(point, "stop", { stoppedMs: longStopMs, callbacks: true }),
  ]);
  // What was in the outbox before is begun by the claim.
  const claimed = faultsAt("claim_batch.after").flatMap((fault) => [
    cellOf("claim_batch.after", fault, { situation: "left_outbox", stoppedMs: shortStopMs }),
  ]);
  const byTheClock = (["kill", "throw"] as const).map((fault) =>
    cellOf("twilio.create_message.after", fault, {
      leaseSeconds: shortLease,
      timePasses: false,
      callbacks: false,
    })
  );
  return [...each, ...longer, ...claimed, ...byTheClock];
}

/** Whether a send may be unknown for a while: from the first commit that begins one. */
export function mayBeUnknown({ point, situation }: CellPlan): boolean {
  return ["answer_lost", "not_taken", "callback", "left_outbox"].includes(situation) ||
    begun.includes(point) ||
    /^(begin_send|record_send|twilio\.create_message)\./.test(point);
}
