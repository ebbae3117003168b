import postgres from "postgres";
import type { Move } from "./explore.ts";

/** Runs SQL as an invocation and gives the one value it selects. `name` is what is called. */
export type Call = (name: string, expression: string, options?: { pauseFirst?: string }) => Promise<unknown>;

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
  callAs(webhook: string): Call;
}

/** Connects the actor `index`; `onChange` is told whenever it comes to a gate. */
export async function connectActor(url: string, index: number, onChange: () => void): Promise<[Actor, postgres.Sql]> {
  const sql = postgres(url, {
    max: 1,
    onnotice: ({ message = "" }) => {
      const [, gate, label, locks = ""] = message.match(/^pause (\d+) (\S+) (.*)$/) ?? [];
      if (gate === undefined || label === undefined) return;
      Object.assign(actor, { gate: Number(gate), next: { actor: index, label, locks: locks.split(",").filter(Boolean) } });
      actor.state = "paused";
      onChange();
    },
  });
  const [row] = await sql.unsafe<{ pid: number }[]>(`
    create sequence test_pause.gate_${index};
    set test.actor = ${index};
    set deadlock_timeout = '50ms';
    select pg_backend_pid() as pid`).then((results) => results.at(-1) as unknown as { pid: number }[]);
  const actor: Actor = {
    index,
    pid: row?.pid ?? 0,
    gate: 0,
    next: null,
    state: "done",
    callAs: (webhook) => (name, expression, { pauseFirst } = {}) =>
      transaction(sql, [
        ...identity(webhook, name),
        ...pauseFirst === undefined ? [] : [`select test_pause.at('${name}', 0, '${pauseFirst}')`],
        `select ${expression} as answer`,
        "select test_pause.at('commit', 0, '*')",
      ]),
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

export function literal(value: string | number | boolean | null): string {
  if (value === null) return "null";
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}
