import { demo } from "../../../../scripts/stack/demo.ts";
import { freePort } from "../../../../scripts/stack/processes/ports.ts";
import type { TwilioFault } from "../../../../scripts/stack/simulator/twilio_faults.ts";
import { type Customer, gatewayOf, type Target } from "./customer.ts";
import { type FunctionProcess, launchFunction, type LaunchOptions } from "./function_process.ts";
import type { FaultPlan } from "./fault_plan.ts";
import { functionEnv, type MatrixStack } from "./matrix_stack.ts";
import type { CellPlan, Scenario } from "./points.ts";

/** Everything that is there when the customer begins to write. */
export interface Scene extends AsyncDisposable {
  faulty: FunctionProcess;
  /** Where the burst goes, and where Twilio turns to when that fails. */
  targets: Target[];
  /** What the customer writes beside the tokens. */
  remark: string;
  /** Once the burst is acknowledged. */
  afterBurst(): Promise<void>;
}

export async function setScene(
  plan: Pick<CellPlan, "scenario" | "callbacks">,
  fault: Pick<FaultPlan, "fault" | "point" | "hangMs">,
  customer: Customer,
  matrix: MatrixStack,
): Promise<Scene> {
  const { stack, twilio, openaiUrl } = matrix;
  const { scenario } = plan;
  const gateway = gatewayOf(stack);
  const announced = scenario === "shutdown" ? "model.reply.before" : null;
  const options: LaunchOptions = {
    openaiUrl,
    env: functionEnv,
    plan: { ...fault, endAnnouncedAt: announced },
  };
  const twilioFaults: TwilioFault[] = [
    ...(scenario === "answer_lost" || scenario === "callback"
      ? [{ kind: "reset", accepted: true } as const]
      : []),
    ...(plan.callbacks && scenario !== "answer_lost"
      ? []
      : [{ kind: "callbacks", mode: "dropped" } as const]),
  ];
  if (twilioFaults.length > 0) twilio.inject(twilioFaults, { to: customer.address });

  const scene = (faulty: FunctionProcess, changes: Partial<Scene> = {}): Scene => ({
    faulty,
    targets: [
      { origin: faulty.origin, publicFunctionsUrl: stack.publicFunctionsUrl },
      ...Array(5).fill(gateway),
    ],
    remark: remarks[scenario] ?? "",
    afterBurst: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => faulty[Symbol.asyncDispose](),
    ...changes,
  });

  switch (scenario) {
    case "sweep": {
      const faulty = await launchFunction(stack, "sweep-conversations", options);
      const release = await holdSession(customer, matrix);
      return scene(faulty, {
        targets: Array(5).fill(gateway),
        afterBurst: async () => {
          await release();
          await tick(faulty.origin, stack.internalApiKey);
        },
      });
    }
    case "callback": {
      const port = freePort();
      const publicFunctionsUrl = `http://127.0.0.1:${port}`;
      const env = { ...functionEnv, PUBLIC_FUNCTIONS_URL: publicFunctionsUrl };
      const faulty = await launchFunction(stack, "message-status", { ...options, env, port });
      const receiver = await launchFunction(stack, "receive-whatsapp-message", { openaiUrl, env });
      return scene(faulty, {
        targets: [{ origin: receiver.origin, publicFunctionsUrl }, ...Array(5).fill(gateway)],
        [Symbol.asyncDispose]: async () => {
          await Promise.all([faulty[Symbol.asyncDispose](), receiver[Symbol.asyncDispose]()]);
        },
      });
    }
    case "left_outbox":
      await leaveOutbox(customer, matrix);
  }
  return scene(await launchFunction(stack, "receive-whatsapp-message", options));
}

const remarks: Partial<Record<Scenario, string>> = { slow: "#slow", shutdown: "#slow", model_fails: "#500" };

/** A session whose lease somebody holds, so that webhooks only store; gives the call that lets go once they are old. */
async function holdSession({ address }: Customer, { sql }: MatrixStack): Promise<() => Promise<void>> {
  const [session] = await sql<{ id: string }[]>`
    insert into sessions (owner_id, sender, customer_address)
    select owner_id, address, ${address} from senders where address = ${demo.sender} returning id`;
  const id = session?.id ?? "";
  await sql`select * from acquire_batch_lock(${id}, 'matrix', 60)`;
  return async () => {
    // The sweep leaves what is younger than five seconds to the invocation that brought it.
    await sql`update message_queue set created_at = created_at - interval '6 seconds' where session_id = ${id}`;
    await sql`select release_batch_lock(${id}, 'matrix')`;
  };
}

/** A message of a person of ours that nobody has posted yet: the next holder finds it in the outbox. */
async function leaveOutbox(customer: Customer, matrix: MatrixStack): Promise<void> {
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
      (owner_id, session_id, conversation_id, direction, author, body, delivery_status, created_at)
    select
      owner_id, session_id, id, 'outbound', 'operator', ${body}, 'pending',
      -- Unseen by the sweep, which would be faster.
      clock_timestamp() + interval '1 minute'
    from conversation`;
  customer.acknowledged.push(body);
  await release();
}

/** One call of the sweep; it may die of its fault. */
async function tick(origin: string, key: string): Promise<void> {
  try {
    const answer = await fetch(origin, { method: "POST", headers: { "x-internal-api-key": key } });
    await answer.body?.cancel();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
