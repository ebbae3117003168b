import { kill as signalProcess } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import type { ChaosStack } from "./chaos_stack.ts";
import type { Random } from "./random.ts";
import type { Kill } from "./recovery.ts";

export interface KillCounts {
  /** Moments at which one or all function processes got SIGKILL: what was asked for is counted in these. */
  functions: number;
  /** Processes that died of it. */
  processes: number;
  /** Times that the Data API lost all its connections. */
  backends: number;
  /** Immediate ends of PostgreSQL, without a checkpoint. */
  postgres: number;
}

export interface Killer {
  kills: Kill[];
  counts: KillCounts;
  run(wanted: number, until: number): Promise<void>;
}

/** PostgreSQL needs a moment to recover; killed more often it would only be down. */
const postgresEveryMs = 15_000;

/** Kills at random moments until function processes were killed `wanted` times, or it is `until`. */
export function createKiller(chaos: ChaosStack, random: Random): Killer {
  const { stack, sql, model } = chaos;
  const kills: Kill[] = [];
  const counts: KillCounts = { functions: 0, processes: 0, backends: 0, postgres: 0 };
  let postgresKilledAt = Date.now();

  function killFunctions(): void {
    const pids = stack.pids().functions;
    if (pids.length === 0) return;
    kills.push({ at: Date.now(), parts: new Set(stack.functions) });
    for (const pid of pids) end(pid, "SIGKILL");
    counts.functions += 1;
    counts.processes += pids.length;
  }

  function killOneFunction(): void {
    const pids = stack.pids().functions;
    // Only when all are up the order of the ids is that of the names.
    if (pids.length < stack.functions.length) return;
    const place = random.between(0, pids.length - 1);
    const [pid, name] = [pids[place], stack.functions[place]];
    if (pid === undefined || name === undefined) return;
    kills.push({ at: Date.now(), parts: new Set([name]) });
    end(pid, "SIGKILL");
    counts.functions += 1;
    counts.processes += 1;
  }

  async function terminateBackends(): Promise<void> {
    const at = Date.now();
    try {
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'data-api' and pid <> pg_backend_pid()`;
    } catch (cause) {
      // The server is down at this moment, or our own connection went with it.
      if (cause instanceof Error) return;
      throw cause;
    }
    kills.push({ at, parts: null });
    counts.backends += 1;
  }

  function killPostgres(): void {
    const pid = stack.pids().postgres;
    if (pid === null || Date.now() - postgresKilledAt < postgresEveryMs) return;
    postgresKilledAt = Date.now();
    kills.push({ at: postgresKilledAt, parts: null });
    // An immediate shutdown, or one without even that.
    end(pid, counts.postgres % 2 === 0 ? "SIGQUIT" : "SIGKILL");
    counts.postgres += 1;
  }

  /** However slow the machine: a kill that finds nobody at work proves nothing. */
  async function atWork(): Promise<void> {
    const giveUpAt = Date.now() + 6_000;
    while (!stack.health().ready && Date.now() < giveUpAt) await pause(20);
    const calls = model.calls();
    while (model.calls() === calls && Date.now() < giveUpAt) await pause(20);
  }

  return {
    kills,
    counts,
    async run(wanted, until) {
      while (counts.functions < wanted && Date.now() < until) {
        // Most find everybody at work, some find them starting.
        if (random.next() < 0.85) await atWork();
        await pause(random.between(0, 1_600));
        const drawn = random.next();
        if (drawn < 0.55) killFunctions();
        else if (drawn < 0.88) killOneFunction();
        else if (drawn < 0.94) await terminateBackends();
        else killPostgres();
      }
    },
  };
}

/** One that has died meanwhile needs no signal. */
function end(pid: number, signal: "SIGKILL" | "SIGQUIT"): void {
  try {
    signalProcess(pid, signal);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ESRCH")) throw cause;
  }
}
