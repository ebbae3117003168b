import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { AppError } from "../runtime/errors.ts";
import { faultPoint } from "../runtime/fault_points.ts";

/** Calls one database function and checks its answer. Throws AppErrors as `databaseError` makes them. */
export interface Rpc {
  /** Once: for calls that another party repeats. */
  once<T>(name: string, args: Record<string, unknown>, answer: z.ZodType<T>): Promise<T>;
  /** Again after a lost answer or an outage of moments: only for functions that are safe to repeat. */
  repeated<T>(name: string, args: Record<string, unknown>, answer: z.ZodType<T>): Promise<T>;
}

/** A `service_role` statement ends after 8 s; the answer needs a little longer. */
const timeoutMs = 10_000;
const pausesMs = [50, 250, 1_000];

export function createRpc(client: SupabaseClient): Rpc {
  async function once<T>(name: string, args: Record<string, unknown>, answer: z.ZodType<T>): Promise<T> {
    await faultPoint(`${name}.before`);
    const { data, error, status } = await client.rpc(name, args).abortSignal(AbortSignal.timeout(timeoutMs));
    if (error) throw databaseError(name, error, status);
    await faultPoint(`${name}.after`);
    const parsed = answer.safeParse(data);
    if (!parsed.success) {
      throw new AppError(
        "database_answer_malformed",
        `${name} gave an unexpected answer: ${z.prettifyError(parsed.error)}`,
      );
    }
    return parsed.data;
  }

  async function repeated<T>(name: string, args: Record<string, unknown>, answer: z.ZodType<T>): Promise<T> {
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

/** Our own SQLSTATEs are PTnnn, which the Data API turns into that HTTP status; all else may pass by itself. */
const codes: Record<string, string> = { PT404: "not_found", PT409: "conflict", PT422: "invalid" };

/** A permanent mistake of the call: constraint, syntax, type, missing function or privilege. Anything else is retryable. */
const permanent = /^(22|23|42|PGRST)/;

export function databaseError(
  name: string,
  error: { code?: string; message: string },
  status: number,
): AppError {
  const own = codes[error.code ?? ""];
  const message = `${name}: ${error.message} (${error.code || "no code"}, HTTP ${status})`;
  if (own) return new AppError(own, message);
  if (permanent.test(error.code ?? "") && error.code !== "PGRST000" && error.code !== "PGRST001") {
    return new AppError("database_refused", message);
  }
  return new AppError("database_unavailable", message, { retryable: true });
}
