import { type Call, literal } from "./actor.ts";
import type { World } from "./world.ts";

export interface Ingested {
  outcome: string;
  message_id: string;
  session_id: string;
  conversation_id: string;
  lock_owner: string | null;
  wait_ms: number | null;
}

export interface NextSend {
  outcome: "none" | "begun" | "settle" | "in_grace" | "postponed" | "lost";
  message?: { message_id: string; send_attempt: number };
}

export interface Claim {
  outcome: "lost" | "outbox" | "drained" | "capped" | "handed_off" | "wait" | "dead" | "claimed";
  send?: NextSend;
  batch_id?: string;
  message_ids?: string[];
}

/** The database's protocol as one invocation sees it. A send that it may begin counts as posted at once. */
export interface Invocation {
  readonly webhook: string;
  ingest(messageSid: string): Promise<Ingested>;
  acquire(): Promise<boolean>;
  extend(): Promise<boolean>;
  claim(): Promise<Claim>;
  /** Not `heard`: the answer is lost on its way, so nothing is posted. */
  complete(batchId: string, options?: { heard: boolean }): Promise<{ outcome: string; send?: NextSend }>;
  fail(batchId: string): Promise<{ outcome: string }>;
  handBack(): Promise<boolean>;
  release(ifDrained: boolean): Promise<boolean>;
  begin(absent?: NextSend["message"]): Promise<NextSend>;
  /** `accepted` is what the POST said, `found` what a listing shows. */
  record(
    message: NonNullable<NextSend["message"]>,
    kind: "accepted" | "found",
    options?: { inOneStep: boolean },
  ): Promise<NextSend>;
  /** Whether the sweep's list has the session. */
  isStalled(): Promise<boolean>;
  /** Time passes until the lease is over. */
  outliveLease(): Promise<void>;
  /** Time passes until the lease is over, and the grace of what is being sent too. */
  outliveGrace(): Promise<void>;
}

export const leaseSeconds = 30;

export function invocation(call: Call, webhook: string, world: World): Invocation {
  const session = () => literal(world.session);
  const id = literal(webhook);
  const posted = (send: NextSend) => {
    if (send.outcome === "begun" && send.message) world.post(send.message.message_id);
    return send;
  };
  return {
    webhook,
    async ingest(messageSid) {
      const answer = await call(
        "ingest_inbound_message",
        `(select to_jsonb(t) from public.ingest_inbound_message(${
          literal(JSON.stringify(world.inbound(messageSid)))
        }) t)`,
      ) as Ingested;
      if (answer.outcome === "accepted") world.acknowledged.add(messageSid);
      return answer;
    },
    async acquire() {
      const success = await call(
        "acquire_batch_lock",
        `(select success from public.acquire_batch_lock(${session()}, ${id}, ${leaseSeconds}))`,
      ) as boolean;
      if (!success) await world.refused(webhook);
      return success;
    },
    extend: () =>
      call("extend_batch_lock", `public.extend_batch_lock(${session()}, ${id}, ${leaseSeconds})`) as Promise<
        boolean
      >,
    async claim() {
      const answer = await call("claim_batch", `public.claim_batch(${session()}, ${id})`) as Claim;
      if (answer.send) posted(answer.send);
      return answer;
    },
    async complete(batchId, { heard } = { heard: true }) {
      const answer = await call(
        "complete_batch",
        `public.complete_batch(${session()}, ${id}, ${literal(batchId)}, '["One."]')`,
      ) as { outcome: string; send?: NextSend };
      if (answer.send && heard) posted(answer.send);
      return answer;
    },
    fail: (batchId) =>
      call(
        "fail_batch",
        `public.fail_batch(${session()}, ${id}, ${
          literal(batchId)
        }, '{"failure": "timeout"}', 'wait', 60000)`,
      ) as Promise<{ outcome: string }>,
    handBack: () =>
      call("hand_back_batch", `public.hand_back_batch(${session()}, ${id})`) as Promise<boolean>,
    release: (ifDrained) =>
      call("release_batch_lock", `public.release_batch_lock(${session()}, ${id}, ${ifDrained})`) as Promise<
        boolean
      >,
    begin: async (absent) =>
      posted(
        await call(
          "begin_send",
          `public.begin_send(${session()}, ${id}, ${literal(absent?.message_id ?? null)}, ${
            literal(absent?.send_attempt ?? null)
          })`,
        ) as NextSend,
      ),
    async record(message, kind, options) {
      const sid = world.sidOf(message.message_id) ?? "SMnone";
      const result = JSON.stringify({ kind, message_sid: sid, status: "queued" });
      const answer = await call(
        "record_send",
        `public.record_send(${session()}, ${id}, ${literal(message.message_id)}, ${message.send_attempt}, ${
          literal(result)
        })`,
        options && { ...options, pauseFirst: { locks: "sessions,messages", reads: "sessions,messages" } },
      ) as { send: NextSend };
      return posted(answer.send);
    },
    isStalled: () =>
      call("recover_stalled", `${session()} in (select public.recover_stalled(50, 0)::text)`, {
        pauseFirst: { locks: "sessions", reads: "sessions,message_queue,messages" },
      }) as Promise<boolean>,
    async outliveLease() {
      await call("outlive_lease", `test_watch.outlive_lease(${session()})`, {
        pauseFirst: { locks: "sessions", reads: "sessions" },
      });
    },
    async outliveGrace() {
      await call("pass", `test_watch.pass(${session()}, '1 minute')`);
    },
  };
}

/** Does what `respond` does once it has the lease; false when it lost it. */
export async function goRound(
  holder: Invocation,
  world: World,
  given?: NextSend,
): Promise<"released" | "lost" | "blocked"> {
  let send = given;
  for (let round = 0; round < 30; round++) {
    let hasAnswered = send !== undefined;
    if (!send) {
      const claim = await holder.claim();
      if (claim.outcome === "lost") return "lost";
      if (claim.outcome === "drained" && await holder.release(true)) return "released";
      send = claim.send;
      if (claim.outcome === "claimed" && claim.batch_id) {
        const completion = await holder.complete(claim.batch_id);
        if (completion.outcome === "lost") return "lost";
        send = completion.send;
        hasAnswered = true;
      }
    }
    for (let step = 0; step < 30 && send?.message; step++) {
      if (send.outcome === "begun") send = await holder.record(send.message, "accepted");
      else if (world.sidOf(send.message.message_id)) send = await holder.record(send.message, "found");
      else send = await holder.begin(send.message);
    }
    if (send?.outcome === "lost") return "lost";
    if (send && send.outcome !== "none") {
      await holder.release(false);
      return "blocked";
    }
    send = undefined;
    if (hasAnswered && await holder.release(true)) return "released";
  }
  throw new Error(`${holder.webhook} goes round without an end`);
}
