import { type FunctionsProcess, launchFunctions } from "./functions_process.ts";
import { type EchoStack, functionEnv } from "../fixtures/echo_stack.ts";

export interface Wanted {
  leaseSeconds: number;
  port?: number;
  env?: Record<string, string>;
  /** New, and used once: it will be told of its end, has an address of its own, or must not remember anything. */
  oneTime: boolean;
}

/** Functions in processes that are used again after a fault that they survived. */
export interface ProcessPool extends AsyncDisposable {
  take(wanted: Wanted): Promise<FunctionsProcess>;
  /** Once nothing is under way in it any more. */
  giveBack(process: FunctionsProcess): Promise<void>;
}

export function createProcessPool({ stack, model }: EchoStack): ProcessPool {
  const free: { leaseSeconds: number; process: FunctionsProcess }[] = [];
  const lent = new Map<FunctionsProcess, Wanted>();
  return {
    take: async (wanted) => {
      const { leaseSeconds, port, env, oneTime } = wanted;
      const place = oneTime ? -1 : free.findIndex((each) => each.leaseSeconds === leaseSeconds);
      const process = free.splice(place, place < 0 ? 0 : 1)[0]?.process ?? await launchFunctions(stack, {
        openaiUrl: model.url,
        env: { ...functionEnv, BATCH_LOCK_SECONDS: String(leaseSeconds), ...env },
        ...(port !== undefined && { port }),
      });
      lent.set(process, wanted);
      return process;
    },
    giveBack: async (process) => {
      const wanted = lent.get(process);
      lent.delete(process);
      if (!wanted || wanted.oneTime || process.hasEnded()) return await process[Symbol.asyncDispose]();
      free.push({ leaseSeconds: wanted.leaseSeconds, process });
    },
    [Symbol.asyncDispose]: async () => {
      const all = [...free.map(({ process }) => process), ...lent.keys()];
      await Promise.all(all.map((process) => process[Symbol.asyncDispose]()));
    },
  };
}
