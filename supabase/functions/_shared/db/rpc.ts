import { z } from "zod";
import { AppError } from "../runtime/errors.ts";
import { faultPoint } from "../runtime/fault_points.ts";
import type { Database } from "./database.types.ts";
import { storable } from "./storable.ts";

export type Functions = Database["public"]["Functions"];

/** Calls one database function and checks its answer. Throws AppErrors as `databaseError` makes them. */
export interface Rpc {
  /** Once: for calls that another party repeats. */
  once<N extends keyof Functions, T>(name: N, args: Functions[N]["Args"], answer: z.ZodType<T>): Promise<T>;
  /** Again after a lost answer or an outage of moments: only for functions that are safe to repeat. */
  repeated<N extends keyof Functions, T>(
    name: N,
    args: Functions[N]["Args"],
    answer: z.ZodType<T>,
  ): Promise<T>;
}

/** What of supabase-js is needed to call a function of the database. */
export interface FunctionCaller {
  rpc(name: string, args: unknown): {
    abortSignal(signal: AbortSignal): PromiseLike<{
      data: unknown;
      error: { code?: string; message: string } | null;
      status: number;
    }>;
  };
}

/** A `service_role` statement ends after 8 s; the answer needs a little longer. */
const timeoutMs = 10_000;
const pausesMs = [50, 250, 1_000];

export function createRpc(client: FunctionCaller): Rpc {
  async function once<N extends keyof Functions, T>(
    name: N,
    args: Functions[N]["Args"],
    answer: z.ZodType<T>,
  ): Promise<T> {
    await faultPoint(`${name}.before`);
    const { data, error, status } = await client.rpc(name, storable(args)).abortSignal(
      AbortSignal.timeout(timeoutMs),
    );
    if (error) throw databaseError(name, error, status);
    await faultPoint(`${name}.after`);
    const parsed = answer.safeParse(data);
    if (!parsed.success) {
      const problem = z.prettifyError(parsed.error);
      throw new AppError("database_answer_malformed", `${name} gave an unexpected answer: ${problem}`);
    }
    return parsed.data;
  }

  async function repeated<N extends keyof Functions, T>(
    name: N,
    args: Functions[N]["Args"],
    answer: z.ZodType<T>,
  ): Promise<T> {
    for (const pauseMs of pausesMs) {
      try {
        return await once(name, args, answer);
      } catch (error) {
        if (!(error instanceof AppError) || !error.retryable) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    return await once(name, args, answer);
  }

  return { once, repeated };
}

/** Our own SQLSTATEs are PTnnn, which the Data API turns into that HTTP status. */
const ownCodes: Record<string, string> = {
  PT403: "forbidden",
  PT404: "not_found",
  PT409: "conflict",
  PT422: "invalid",
};

/** What was given cannot be kept: a value, a constraint, a size. */
const refusedData = /^(22|23|54|PGRST102)/;
/** A mistake of ours: syntax, a missing function or privilege. All else may pass by itself. */
const mistake = /^(42|PGRST[1-9])/;

export function databaseError(
  name: string,
  error: { code?: string; message: string },
  status: number,
): AppError {
  const code = error.code ?? "";
  const message = `${name}: ${error.message} (${code || "no code"}, HTTP ${status})`;
  const own = ownCodes[code];
  if (own) return new AppError(own, message);
  if (refusedData.test(code)) return new AppError("data_refused", message);
  if (mistake.test(code)) return new AppError("database_refused", message);
  return new AppError("database_unavailable", message, { retryable: true });
}
