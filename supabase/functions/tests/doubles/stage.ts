import type { MessagingApi } from "functions/_shared/app/ports/messaging.ts";
import type { ReplyModel } from "functions/_shared/app/ports/model.ts";
import {
  respond,
  type RespondDeps,
  type RespondOptions,
  type RespondOutcome,
} from "functions/_shared/app/respond.ts";
import type { BatchLocks } from "functions/_shared/app/ports/batch_locks.ts";
import type { Batches, Claim, ClaimedBatch } from "functions/_shared/app/ports/batches.ts";
import type { NextSend, Outbox, Send } from "functions/_shared/app/ports/outbox.ts";
import type { SweepStore } from "functions/_shared/app/ports/sweep_store.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";
import { keepLog, type KeptLog } from "./kept_log.ts";

/** Everything a holder of the lock talks to, each method replaceable. */
export type Parts = BatchLocks & Batches & Outbox & MessagingApi & ReplyModel;

export interface Call {
  name: string;
  args: unknown[];
}

/** A call of one method, with its arguments as they are. */
export type CallOf<K extends keyof Parts> = { name: K; args: Parameters<Parts[K]> };

export interface Stage extends Omit<KeptLog, "log"> {
  deps: RespondDeps;
  clock: FakeClock;
  calls: Call[];
  /** What was called, in order, heartbeats apart. */
  names(): string[];
  callsOf<K extends keyof Parts>(name: K): CallOf<K>[];
  shutDown(): void;
  respond(options?: RespondOptions): Promise<RespondOutcome>;
}

export const holder = { sessionId: "session-1", webhookId: "webhook-1" };
export const none: NextSend = { outcome: "none", canceled: [] };
export const usage = { model: "m", promptTokens: 10, completionTokens: 2, latencyMs: 3.6 };

export const batch: ClaimedBatch = {
  batchId: "batch-1",
  attempt: 1,
  messageIds: ["in-1", "in-2"],
  customerName: "Ana",
  assistant: { instructions: "Be kind.", locale: "pt-BR", model: null, maxReplyParts: 3 },
  messages: [{ author: "customer", kind: "text", body: "Oi", media: [] }],
  history: [],
};

export const send: Send = {
  messageId: "out-1",
  attempt: 1,
  accountSid: "AC1",
  from: "whatsapp:+14155238886",
  to: "whatsapp:+5511999990001",
  messagingServiceSid: null,
  body: "Olá!",
  contentSid: null,
  createdAt: new Date("2026-01-01T12:00:00Z"),
};

/** What a claim says of an outbox that comes first. */
export const outbox = (send: NextSend): Claim => ({ outcome: "outbox", send });

export const begun = (messageId = "out-1"): NextSend => ({
  outcome: "begun",
  canceled: [],
  send: { ...send, messageId },
});

/** A method that gives these answers one after the other; errors are thrown. Asked once more, the test fails. */
export function inTurn<T>(...answers: (T | Error)[]): () => Promise<T> {
  const left = [...answers];
  return () => {
    if (left.length === 0) return Promise.reject(new Error("Asked more often than the test has answers."));
    const answer = left.shift() as T | Error;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
}

/** A session with one batch that is answered and sent without trouble, save for what `given` does otherwise. */
export function setStage(given: Partial<Parts> = {}): Stage {
  const { log, ...kept } = keepLog();
  const clock = createFakeClock();
  const shutdown = new AbortController();
  const calls: Call[] = [];
  const parts = watched<Parts>({
    acquire: ({ webhookId }) => Promise.resolve({ success: true, lockOwner: webhookId }),
    extend: () => Promise.resolve(true),
    release: () => Promise.resolve(true),
    claim: inTurn({ outcome: "claimed", batch }),
    complete: inTurn({ outcome: "completed", messageIds: ["out-1"], send: begun() }),
    fail: () => Promise.resolve({ outcome: "retrying", retryInMs: 60_000 }),
    handBack: () => Promise.resolve(true),
    begin: () => Promise.resolve(none),
    record: () => Promise.resolve({ recorded: "recorded", next: none }),
    knownSids: () => Promise.resolve(new Set()),
    createMessage: () => Promise.resolve({ kind: "accepted", messageSid: "SM1", status: "queued" }),
    listMessages: () => Promise.resolve([]),
    reply: () =>
      Promise.resolve({ kind: "reply", body: "Olá!", finishReason: "stop", requestId: null, usage }),
    ...given,
  }, calls);
  const deps: RespondDeps = {
    locks: parts,
    batches: parts,
    outbox: parts,
    messaging: parts,
    model: () => Promise.resolve(parts),
    clock,
    shutdown: shutdown.signal,
    leaseSeconds: 30,
    modelTimeoutMs: 30_000,
    statusCallback: (messageId) => `https://example.test/message-status?message_id=${messageId}`,
  };
  return {
    ...kept,
    deps,
    clock,
    calls,
    names: () => calls.map(({ name }) => name).filter((name) => name !== "extend"),
    callsOf: <K extends keyof Parts>(name: K) =>
      calls.filter((call): call is CallOf<K> => call.name === name),
    shutDown: () => shutdown.abort(new Error("The worker is shutting down.")),
    respond: (options) => clock.finish(respond(holder.sessionId, log, deps, options)),
  };
}

/** A store in which a sweep finds nothing, save for what `given` says. */
export function createSweepStore(given: Partial<SweepStore> = {}): { store: SweepStore; calls: Call[] } {
  const calls: Call[] = [];
  const store = watched<SweepStore>({
    begin: () => Promise.resolve({ runId: 7, lateSeconds: 3, startedAt: "2026-01-01T12:00:00Z" }),
    conversations: () =>
      Promise.resolve({ idled: 0, expired: 0, rescheduled: 0, idleMessages: 0, more: false }),
    stalledSessions: () => Promise.resolve([]),
    housekeeping: () =>
      Promise.resolve({ rawPayloads: 0, orphans: 0, deadLetters: 0, sweepRuns: 0, cronRuns: 0 }),
    finish: () => Promise.resolve(null),
    ...given,
  }, calls);
  return { store, calls };
}

function watched<T extends object>(parts: T, calls: Call[]): T {
  return new Proxy(parts, {
    get(object, key) {
      const method: unknown = Reflect.get(object, key);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        calls.push({ name: String(key), args });
        return Reflect.apply(method, object, args);
      };
    },
  });
}
