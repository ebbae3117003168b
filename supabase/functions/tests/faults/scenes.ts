import { demo } from "stack/demo.ts";
import { freePort } from "stack/processes/ports.ts";
import type { TwilioFault } from "stack/twilio/faults.ts";
import { begunFor, firstLookIsPast, graceIsPast } from "./begun.ts";
import { type Customer, gatewayOf, type Target } from "../fixtures/customer.ts";
import type { FaultPlan } from "./fault_plan.ts";
import type { FunctionsProcess } from "./functions_process.ts";
import type { EchoStack } from "../fixtures/echo_stack.ts";
import { sweepIsIdle } from "../fixtures/sweep.ts";
import type { CellPlan } from "./points.ts";
import type { ProcessPool } from "./process_pool.ts";

/** Everything that is there when the customer begins to write. */
export interface Scene extends AsyncDisposable {
  faulty: FunctionsProcess;
  /** Where the burst goes, and where Twilio turns to when that fails. */
  targets: Target[];
  /** What the customer writes beside the tokens. */
  remark: string;
  /** Once the burst is acknowledged: what else brings the process to the point of its fault. */
  afterBurst(): Promise<void>;
  /** Once the fault has happened: the model is not slow any more. */
  onFault(): void;
}

/** The healthy functions do nothing for this customer until the gate is opened. */
export async function setScene(
  plan: CellPlan,
  customer: Customer,
  matrix: EchoStack,
  pool: ProcessPool,
): Promise<Scene> {
  const { stack, twilio, sql } = matrix;
  const { situation, fault, point, stoppedMs } = plan;
  const gateway = gatewayOf(stack);
  const faults = twilioFaults(plan);
  if (faults.length > 0) twilio.inject(faults, { to: customer.address });
  if (situation === "sweep") matrix.tick(false);
  else await matrix.gate.close(customer.address);
  if (situation === "left_outbox") await leaveOutbox(customer, matrix);

  const hold = situation === "slow" || situation === "shutdown" ? matrix.model.hold(customer) : null;
  const port = freePort();
  const own = situation === "callback" ? `http://127.0.0.1:${port}` : null;
  const announced = situation === "shutdown" ? "model.reply.before" : null;
  const faulty = await pool.take({
    leaseSeconds: plan.leaseSeconds,
    ...(own !== null && { port, env: { PUBLIC_FUNCTIONS_URL: own } }),
    oneTime: own !== null || announced !== null || point.startsWith("twilio_accounts."),
  });
  const faultPlan: FaultPlan = { fault, point, stoppedMs, endAnnouncedAt: announced };
  await faulty.arm(faultPlan);
  const target = { origin: faulty.origin, publicFunctionsUrl: own ?? stack.publicFunctionsUrl };
  const scene: Scene = {
    faulty,
    targets: [target, ...Array(5).fill(gateway)],
    remark: situation === "model_fails" ? "#500" : "",
    onFault: () => hold?.release(),
    afterBurst: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => pool.giveBack(faulty),
  };
  switch (situation) {
    case "sweep": {
      const release = await holdSession(customer, matrix);
      const afterBurst = async () => {
        await release();
        await sweepIsIdle(sql);
        await tick(faulty.origin, stack.internalApiKey);
      };
      return { ...scene, targets: Array(5).fill(gateway), afterBurst };
    }
    case "answer_lost":
    case "not_taken": {
      // Once the process has let go, the next message brings it back to its send of unknown outcome.
      const afterBurst = async () => {
        await faulty.finished();
        const begun = await begunFor(customer.address, sql);
        await graceIsPast(begun, sql);
        // Twilio's list was looked at once already, and did not have it.
        if (situation === "not_taken") await firstLookIsPast(begun, sql);
        await customer.write(customer.token(), scene.targets);
      };
      return { ...scene, afterBurst };
    }
    case "callback":
      // Twilio calls back when it likes to.
      return { ...scene, afterBurst: async () => void await faulty.happened("fault.fired") };
    default:
      return scene;
  }
}

function twilioFaults({ situation, callbacks }: CellPlan): TwilioFault[] {
  const isLost = situation === "answer_lost" || situation === "callback";
  const isTold = situation === "callback" || callbacks && situation !== "answer_lost";
  return [
    ...(situation === "not_taken" ? [{ kind: "reset", accepted: false } as const] : []),
    ...(isLost ? [{ kind: "reset", accepted: true } as const] : []),
    ...(isTold ? [] : [{ kind: "callbacks", mode: "dropped" } as const]),
  ];
}

/** A session whose lease somebody holds, so that webhooks only store; gives the call that lets go once they are old. */
async function holdSession({ address }: Customer, { sql }: EchoStack): Promise<() => Promise<void>> {
  const [session] = await sql<{ id: string }[]>`
    insert into sessions (owner_id, sender, customer_address)
    select owner_id, address, ${address} from senders where address = ${demo.sender} returning id`;
  const id = session?.id ?? "";
  await sql`select * from acquire_batch_lock(${id}, 'matrix', 600)`;
  return async () => {
    // The sweep leaves what is young to the invocation that brought it.
    await sql`update message_queue set created_at = created_at - interval '6 seconds' where session_id = ${id}`;
    await sql`select release_batch_lock(${id}, 'matrix')`;
  };
}

/** A message of a person of ours that nobody has posted yet: the next holder finds it in the outbox. */
async function leaveOutbox(customer: Customer, matrix: EchoStack): Promise<void> {
  const { sql } = matrix;
  const body = `from a person, ${customer.token()}`;
  const release = await holdSession(customer, matrix);
  await sql`
    with conversation as (
      insert into conversations (owner_id, session_id)
      select owner_id, id from sessions where customer_address = ${customer.address} returning *
    ), session as (
      update sessions set last_inbound_at = clock_timestamp() where customer_address = ${customer.address}
    )
    insert into messages
      (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
    select owner_id, session_id, id, 'outbound', 'operator', ${body}, 'pending' from conversation`;
  customer.acknowledged.push(body);
  await release();
}

/** One call of the sweep; it may die of its fault. */
async function tick(origin: string, key: string): Promise<void> {
  try {
    const answer = await fetch(`${origin}/sweep-conversations`, {
      method: "POST",
      headers: { "x-internal-api-key": key },
    });
    await answer.body?.cancel();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
