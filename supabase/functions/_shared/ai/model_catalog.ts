import type OpenAI from "openai";
import type { ModelFailure } from "../app/ports/model.ts";
import { startTimeLimit } from "../runtime/time_limit.ts";
import { readBody } from "./body.ts";
import { cutAt, storableText } from "../runtime/storable_text.ts";
import { failed, failedByThrown } from "./failures/failure.ts";
import { fieldsOf, itemsOf } from "./json.ts";
import { type ClientOptions, createClient, redacted } from "./openai_client.ts";

const noticeDays = 60;
const dayMs = 86_400_000;

/** Whether a model can be asked. Dates are `YYYY-MM-DD`; `daysLeft` is whole, and negative once the day is past. */
export type ModelStanding =
  | { kind: "exists"; shutdownDate: string | null }
  | { kind: "shutting_down"; shutdownDate: string; daysLeft: number }
  | { kind: "unknown" }
  | { kind: "not_told"; failure: ModelFailure; detail: string };

export interface CatalogOptions extends ClientOptions {
  now: Date;
  timeoutMs: number;
}

/** What the server says of a model (https://platform.openai.com/docs/api-reference/models); never throws. */
export async function standingOf(model: string, options: CatalogOptions): Promise<ModelStanding> {
  const { apiKey, now, timeoutMs } = options;
  const limit = startTimeLimit(timeoutMs);
  try {
    return await limit.race(look(model, { client: createClient(options), now, signal: limit.signal }));
  } catch (error) {
    const { failure, detail } = limit.signal.aborted
      ? failed("timeout", { detail: `no whole answer within ${timeoutMs} ms` })
      : failedByThrown(error);
    return { kind: "not_told", failure, detail: cutAt(storableText(redacted(detail, apiKey)), 500) };
  } finally {
    limit.end();
  }
}

async function look(
  model: string,
  { client, now, signal }: { client: OpenAI; now: Date; signal: AbortSignal },
): Promise<ModelStanding> {
  const listed = await listedBy(client, signal);
  const found = listed?.find((each) => isNamed(each, model)) ?? await retrieved(client, { model, signal });
  if (found !== null) return standing(found, now);
  if (listed !== null) return { kind: "unknown" };
  return { kind: "not_told", failure: "unavailable", detail: "the server lists no models" };
}

type Entry = Record<string, unknown>;
/** Null where the server has no such list; some give it without the object around it. */
async function listedBy(client: OpenAI, signal: AbortSignal): Promise<Entry[] | null> {
  const body = await valueOf(() => client.models.list({ signal }).asResponse());
  const entries = Array.isArray(body) ? body : fieldsOf(body).data ?? fieldsOf(body).models;
  return Array.isArray(entries) ? itemsOf(entries).map(fieldsOf) : null;
}

/** Servers list less than they serve, such as fine-tuned models and aliases. */
async function retrieved(
  client: OpenAI,
  { model, signal }: { model: string; signal: AbortSignal },
): Promise<Entry | null> {
  const entry = fieldsOf(await valueOf(() => client.models.retrieve(model, { signal }).asResponse()));
  return typeof entry.id === "string" ? entry : null;
}

/** Undefined where there is nothing of the kind, or no JSON; throws what else the client throws. */
async function valueOf(ask: () => Promise<Response>): Promise<unknown> {
  try {
    const body = readBody(await (await ask()).text());
    return body.kind === "values" ? body.values[0] : undefined;
  } catch (error) {
    if ([400, 404, 405].includes(Number(fieldsOf(error).status))) return undefined;
    throw error;
  }
}

function isNamed({ id, name }: Entry, model: string): boolean {
  return [id, name].some((known) => known === model || known === `models/${model}`);
}

function standing({ shutdown_date }: Entry, now: Date): ModelStanding {
  const shutdown = dateOf(shutdown_date);
  if (shutdown === null) return { kind: "exists", shutdownDate: null };
  const shutdownDate = shutdown.toISOString().slice(0, 10);
  const daysLeft = Math.floor((shutdown.getTime() - now.getTime()) / dayMs);
  return daysLeft > noticeDays
    ? { kind: "exists", shutdownDate }
    : { kind: "shutting_down", shutdownDate, daysLeft };
}

/** A date as text, or in seconds since 1970. */
function dateOf(value: unknown): Date | null {
  const date = typeof value === "number"
    ? new Date(value * 1_000)
    : new Date(typeof value === "string" ? value : NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
