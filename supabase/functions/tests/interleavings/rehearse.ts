import postgres from "postgres";
import { checkInvariants } from "../fixtures/invariants.ts";
import type { Actor } from "./actor.ts";
import { freeCalls } from "./actor.ts";
import { explore, type Explored } from "./explore.ts";
import { finish } from "./finish.ts";
import { invocation } from "./protocol.ts";
import type { Ending, Scenario } from "./scenario.ts";
import { type PausedDatabase, supersedingSender } from "./paused_database.ts";
import { verdict } from "./violations.ts";
import { createWorld, sender, type Violation, type World } from "./world.ts";

export interface Rehearsal extends Explored {
  scenario: string;
  /** Which rules were broken, each with the first order that did it. */
  broken: BrokenRule[];
}

export interface BrokenRule extends Violation {
  trace: string[];
}

/** Plays every order of a scenario's statements, each to the protocol's end, until one breaks a rule, or all of `wanted` are broken. */
export async function rehearse(
  scenario: Scenario,
  database: PausedDatabase,
  { wanted = [] }: { wanted?: readonly string[] } = {},
): Promise<Rehearsal> {
  const free = freeCalls(database.free);
  const actors = Object.entries(scenario.actors);
  const to = scenario.overlap === "supersede" ? supersedingSender : sender;
  const grain = scenario.grain === "every order" ? "statements" : scenario.grain ?? "locks";
  const broken = new Map<string, BrokenRule>();
  let run: { world: World; endings: Map<string, Ending> };

  const explored = await explore({
    everyOrder: scenario.grain === "every order",
    async begin() {
      const world = createWorld(database.sql, { to });
      const endings = new Map<string, Ending>();
      run = { world, endings };
      await scenario.setUp({
        world,
        free: (webhook) => invocation(free(webhook), webhook, world),
      });
      return await database.controller.start(actors.map(([webhook, act]) => async (actor: Actor) => {
        const self = invocation(actor.callAs(webhook, grain), webhook, world);
        try {
          endings.set(webhook, await act(self, world));
        } catch (error) {
          const deadlock = error instanceof postgres.PostgresError && error.code === "40P01";
          world.violations.push({ kind: deadlock ? "deadlock" : "error", detail: `${webhook}: ${error}` });
        }
      }));
    },
    async end(trace) {
      const { world, endings } = run;
      try {
        await finish(endings, (webhook) => invocation(free(webhook), webhook, world), { database, world });
      } catch (error) {
        world.violations.push({ kind: "error", detail: `at the end: ${error}` });
      }
      world.violations.push(...await verdict(database.sql, world));
      const steps = trace.map(({ actor, label }) => `${actors[actor - 1]?.[0]}: ${label}`);
      for (const violation of world.violations) {
        if (!broken.has(violation.kind)) broken.set(violation.kind, { ...violation, trace: steps });
      }
      return broken.size === 0 || wanted.some((kind) => !broken.has(kind));
    },
  });
  // No time at all has to pass until all is in order again.
  for (
    const { invariant, rows } of await checkInvariants(database.sql, {
      sweepSeconds: 0,
      unansweredSeconds: 0,
    })
  ) {
    broken.set(invariant, { kind: invariant, detail: JSON.stringify(rows[0]), trace: [] });
  }
  return { scenario: scenario.name, ...explored, broken: [...broken.values()] };
}
