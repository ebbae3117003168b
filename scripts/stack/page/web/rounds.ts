import type { PageLogLine } from "../wire.ts";
import { advance, type Progress, type Stage, stageNames } from "./stages.ts";

/** One webhook that was at work while a lock was held: the one that got the lock, or one that found it taken. */
export interface Invocation {
  id: string;
  messageSid: string | null;
  lock: "acquired" | "busy" | "none";
}

/** All that happens from one acquisition of a session's lock to its release. */
export interface Round extends Progress {
  /** The holder's id. */
  id: string;
  customer: string | null;
  invocations: Invocation[];
  duplicates: number;
}

export interface Counters {
  accepted: number;
  busy: number;
  batches: number;
  modelCalls: number;
  replies: number;
  duplicates: number;
  sweeps: number;
}

export interface Rounds {
  /** Oldest first. */
  list: Round[];
  counters: Map<string | null, Counters>;
  /** Invocations that have said something but neither hold the lock nor found it taken. */
  early: Map<string, Invocation>;
}

export function emptyRounds(): Rounds {
  return { list: [], counters: new Map(), early: new Map() };
}

export function emptyCounters(): Counters {
  return { accepted: 0, busy: 0, batches: 0, modelCalls: 0, replies: 0, duplicates: 0, sweeps: 0 };
}

const counted: Record<string, keyof Counters> = {
  "message.accepted": "accepted",
  "batch_lock.busy": "busy",
  "batch.claimed": "batches",
  "model.called": "modelCalls",
  "send.accepted": "replies",
  "message.duplicate": "duplicates",
  "sweep.completed": "sweeps",
};

/** Takes one log line in. Unknown events and missing fields change nothing. */
export function takeLine(rounds: Rounds, { line, customer }: PageLogLine): void {
  const counter = counted[line.event];
  if (counter !== undefined) {
    const counters = rounds.counters.get(customer) ?? emptyCounters();
    counters[counter] += 1;
    rounds.counters.set(customer, counters);
  }
  const text = (name: string) => typeof line[name] === "string" ? line[name] : null;
  const number = (name: string) => typeof line[name] === "number" ? line[name] : null;
  const webhookId = text("webhook_id");
  const messageSid = text("message_sid");
  const requestId = text("request_id") ?? webhookId;

  if (line.event === "message.accepted" && requestId !== null) {
    rounds.early.set(requestId, { id: requestId, messageSid, lock: "none" });
    return;
  }
  if (line.event === "message.duplicate") {
    const round = rounds.list.findLast((each) =>
      each.invocations.some((invocation) =>
        messageSid !== null && invocation.messageSid === messageSid
      )
    ) ?? latestOf(rounds, customer);
    if (round) round.duplicates += 1;
    return;
  }
  if (line.event === "batch_lock.acquired") {
    if (webhookId === null) return;
    const id = webhookId;
    const left = rounds.list.findLast((each) => each.endedAt === null && each.customer === customer);
    if (left) {
      left.endedAt = line.at;
      left.stages.release = { state: "failed", note: "never came", at: line.at };
    }
    const holder = rounds.early.get(requestId ?? id) ?? { id, messageSid, lock: "none" as const };
    rounds.early.delete(holder.id);
    rounds.list.push(newRound(id, { customer, at: line.at, holder: { ...holder, lock: "acquired" } }));
    if (rounds.list.length > 60) rounds.list.shift();
    return;
  }
  if (line.event === "batch_lock.busy") {
    const owner = text("lock_owner");
    const round = rounds.list.findLast(({ id }) => id === owner) ?? latestOf(rounds, customer);
    if (!round || requestId === null) return;
    const known = rounds.early.get(requestId);
    rounds.early.delete(requestId);
    if (round.invocations.some(({ id }) => id === requestId)) return;
    round.invocations.push({ id: requestId, messageSid: known?.messageSid ?? messageSid, lock: "busy" });
    return;
  }
  if (line.event === "delivery.recorded") {
    const round = rounds.list.findLast(({ replySids }) =>
      messageSid !== null && replySids.includes(messageSid)
    );
    if (round) round.stages.reply = { ...round.stages.reply, note: text("status") ?? "reported" };
    return;
  }
  const round = rounds.list.findLast(({ id }) => id === webhookId || id === text("lock_owner")) ??
    rounds.list.findLast((each) => each.endedAt === null && each.customer === customer);
  if (round) advance(round, { event: line.event, at: line.at, text, number });
}

/** A holder that was killed says nothing more; after the lease its reply is no longer on its way. */
const leaseMs = 30_000;

/** Whether a reply is on its way in this round. */
export function composing(round: Round, now = Date.now()): boolean {
  const latest = Math.max(...stageNames.map((name) => Date.parse(round.stages[name].at ?? round.startedAt)));
  const { state } = round.stages.reply;
  return round.endedAt === null && state !== "done" && state !== "failed" && now - latest < leaseMs;
}

function latestOf(rounds: Rounds, customer: string | null): Round | undefined {
  return rounds.list.findLast((round) => round.customer === customer);
}

function newRound(
  id: string,
  { customer, at, holder }: { customer: string | null; at: string; holder: Invocation },
): Round {
  const idle: Stage = { state: "idle", note: "", at: null };
  return {
    id,
    customer,
    startedAt: at,
    endedAt: null,
    stages: {
      lock: { state: "done", note: `by ${id.slice(0, 6)}`, at },
      wait: { state: "active", note: "for more", at },
      batch: idle,
      model: idle,
      reply: idle,
      release: idle,
    },
    invocations: [holder],
    messageCount: 0,
    duplicates: 0,
    replySids: [],
  };
}
