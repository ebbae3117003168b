import postgres from "postgres";
import { type Actor, connectActor } from "./actor.ts";
import type { Move, Play } from "./explore.ts";

/** Decides who of several actors goes on. */
export interface Controller extends AsyncDisposable {
  /** Starts a program an actor and waits until each has come to its first gate. */
  start(programs: ((actor: Actor) => Promise<void>)[]): Promise<Play>;
}

const patienceMs = 60_000;

export async function createController(url: string, count: number): Promise<Controller> {
  let changed = Promise.withResolvers<void>();
  let changes = 0;
  const announce = () => {
    changes++;
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const control = postgres(url, { max: 1, onnotice: () => {} });
  const connected: [Actor, postgres.Sql][] = [];
  for (let index = 1; index <= count; index++) connected.push(await connectActor(url, index, announce));
  const isActor = (pid: number) => connected.some(([actor]) => actor.pid === pid);

  /** Waits until every actor stands at a gate, has ended, or waits for another one's row lock. */
  async function settle(moving: Actor[]): Promise<void> {
    const since = performance.now();
    for (const actor of moving) if (actor.state === "blocked") actor.state = "running";
    for (;;) {
      const next = changed.promise;
      const running = moving.filter(({ state }) => state === "running" || state === "blocked");
      if (running.length === 0) return;
      await soon(next, 3);
      const pids = running.filter(({ state }) => state === "running" || state === "blocked").map(({ pid }) =>
        pid
      );
      if (pids.length === 0) return;
      const before = changes;
      const waiting = await control<{ pid: number; blockers: number[] }[]>`
        select pid, pg_blocking_pids(pid) as blockers from unnest(${pids}::integer[]) as pid`;
      for (const actor of running) {
        if (actor.state !== "running" && actor.state !== "blocked") continue;
        const blockers = waiting.find(({ pid }) => pid === actor.pid)?.blockers ?? [];
        actor.state = blockers.some((pid) => isActor(pid)) ? "blocked" : "running";
      }
      // Who came to a gate meanwhile may have committed before: then the others were asked too early.
      if (changes === before && !running.some(({ state }) => state === "running")) return;
      if (performance.now() - since > patienceMs) throw new Error("An actor came to no gate.");
    }
  }

  async function letGo(actors: Actor[]): Promise<void> {
    const indexes = actors.map(({ index }) => index);
    await control`insert into test_pause.let_go select unnest(${indexes}::integer[]) on conflict do nothing`;
    // Whatever gates they stand at or were to come to.
    await control`select pg_advisory_unlock_all()`;
  }

  return {
    async start(programs) {
      const actors = connected.slice(0, programs.length).map(([actor]) => actor);
      await control`delete from test_pause.let_go`;
      await control`select pg_advisory_unlock_all()`;
      await control`
        select pg_advisory_lock(a.index, a.gate + 1)
        from unnest(${actors.map(({ index }) => index)}::integer[], ${
        actors.map(({ gate }) => gate)
      }::integer[])
          as a (index, gate)`;
      actors.forEach((actor, at) => {
        actor.state = "running";
        programs[at]?.(actor).finally(() => {
          actor.state = "done";
          announce();
        });
      });
      await settle(actors);

      return {
        moves: () => actors.flatMap(({ state, next }) => state === "paused" && next ? [next] : []),
        async abandon() {
          await letGo(actors);
          for (const actor of actors) if (actor.state === "paused") actor.state = "running";
          while (actors.some(({ state }) => state !== "done")) await settle(actors);
        },
        async make(move: Move) {
          const others = actors.filter(({ index, state }) => index !== move.actor && state !== "done");
          const actor = actors.find(({ index }) => index === move.actor);
          if (!actor) throw new Error(`There is no actor ${move.actor}.`);
          actor.state = "running";
          if (others.length === 0) {
            // Nobody is left with whom it could be interleaved.
            await letGo(actors);
          } else {
            await control`
              select pg_advisory_lock(${actor.index}, ${
              actor.gate + 1
            }), pg_advisory_unlock(${actor.index}, ${actor.gate})`;
          }
          await settle([actor, ...move.commits ? others.filter(isBlocked) : []]);
          while (actors.some(isBlocked) && !actors.some(({ state }) => state === "paused")) {
            // A deadlock: PostgreSQL ends one of them.
            await settle(actors.filter(isBlocked));
          }
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await control`select pg_advisory_unlock_all()`;
      await Promise.all([control, ...connected.map(([, sql]) => sql)].map((sql) => sql.end({ timeout: 1 })));
    },
  };
}

function isBlocked({ state }: Actor): boolean {
  return state === "blocked";
}

async function soon(event: Promise<void>, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([event, new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds))]);
  clearTimeout(timer);
}
