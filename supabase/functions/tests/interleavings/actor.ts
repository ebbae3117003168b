import postgres from "postgres";
import type { Move } from "./explore.ts";

/** Runs SQL as an invocation and gives the one value it selects. `name` is what is called. */
export type Call = (name: string, expression: string, options?: CallOptions) => Promise<unknown>;

export interface CallOptions {
  /** For what has no statements to stop between: the tables that it locks and reads. */
  pauseFirst?: { locks: string; reads: string };
  /** No stop after that, not even before the commit. */
  inOneStep?: boolean;
}

/** Whether who has locked the session stops between its `statements` too, or, as `locks`, not before its commit. */
export type Grain = "statements" | "locks";

/** A connection that stops between the statements of what it calls, until it is let on. */
export interface Actor {
  readonly index: number;
  readonly pid: number;
  /** The gate it stands at, or the last one it passed. */
  gate: number;
  /** What it does next; null while it runs. */
  next: Move | null;
  state: "running" | "paused" | "blocked" | "done";
  /** What it calls runs as the invocation `webhook`. */
  callAs(webhook: string, grain: Grain): Call;
}

/** Connects the actor `index`; `onChange` is told whenever it comes to a gate. */
export async function connectActor(
  url: string,
  index: number,
  onChange: () => void,
): Promise<[Actor, postgres.Sql]> {
  const held = new Set<string>();
  const sql = postgres(url, {
    max: 1,
    onnotice: ({ message = "" }) => {
      const [, gate, label, locks = "", reads = ""] = message.match(/^pause (\d+) (\S+) (.*);(.*)$/) ?? [];
      if (gate === undefined || label === undefined) return;
      for (const table of tables(locks)) held.add(table);
      const commits = label.startsWith("commit.");
      actor.gate = Number(gate);
      actor.next = {
        actor: index,
        label,
        locks: commits ? [...held] : tables(locks),
        reads: tables(reads),
        commits,
      };
      actor.state = "paused";
      onChange();
    },
  });
  await sql.unsafe(`
    create sequence test_pause.gate_${index};
    set test.actor = ${index};
    set deadlock_timeout = '50ms'`);
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const actor: Actor = {
    index,
    pid: row?.pid ?? 0,
    gate: 0,
    next: null,
    state: "done",
    callAs: (webhook, grain) => (name, expression, { pauseFirst, inOneStep = false } = {}) => {
      held.clear();
      return transaction(sql, [
        ...identity(webhook, name),
        `set local test.grain = ${literal(grain)}`,
        ...pauseFirst ? [pause(inOneStep ? "commit" : name, pauseFirst)] : [],
        ...inOneStep ? ["set local test.actor = ''"] : [],
        `select ${expression} as answer`,
        pause("commit", { locks: "", reads: "" }),
      ]);
    },
  };
  return [actor, sql];
}

/** Calls that never pause, as whatever invocation. */
export function freeCalls(sql: postgres.Sql): (webhook: string) => Call {
  return (webhook) => (name, expression) =>
    transaction(sql, [...identity(webhook, name), `select ${expression} as answer`]);
}

function identity(webhook: string, name: string): string[] {
  return [`set local test.webhook = ${literal(webhook)}`, `set local test.call = ${literal(name)}`];
}

async function transaction(sql: postgres.Sql, statements: string[]): Promise<unknown> {
  try {
    const results = await sql.unsafe<{ answer?: unknown }[][]>(["begin", ...statements, "commit"].join("; "));
    return results.flat().find((row) => "answer" in row)?.answer;
  } catch (error) {
    await sql.unsafe("rollback");
    throw error;
  }
}

function pause(name: string, { locks, reads }: { locks: string; reads: string }): string {
  return `select test_pause.at(${literal(name)}, 0, ${literal(locks)}, ${literal(reads)})`;
}

function tables(list: string): string[] {
  return list.split(",").filter((table) => table !== "");
}

export function literal(value: string | number | boolean | null): string {
  if (value === null) return "null";
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}
