import type { Actor } from "./actor.ts";
import { freeCalls } from "./actor.ts";
import { type Explored, explore } from "./explore.ts";
import { finish } from "./finish.ts";
import { invocation } from "./protocol.ts";
import type { Ending, Scenario } from "./scenario.ts";
import { type Stage, supersedingSender } from "./stage.ts";
import { verdict } from "./verdict.ts";
import { createWorld, sender, type Violation, type World } from "./world.ts";

export interface Rehearsal extends Explored {
  scenario: string;
  /** The first order that broke a rule, and the rules it broke. */
  failure: { trace: string[]; violations: Violation[] } | null;
}

/** Plays every order of a scenario's statements, each to the protocol's end, until one breaks a rule. */
export async function rehearse(scenario: Scenario, stage: Stage): Promise<Rehearsal> {
  const free = freeCalls(stage.free);
  const actors = Object.entries(scenario.actors);
  const to = scenario.overlap === "supersede" ? supersedingSender : sender;
  let failure: Rehearsal["failure"] = null;
  let run: { world: World; endings: Map<string, Ending> };

  const explored = await explore({
    everyOrder: scenario.everyOrder ?? false,
    async begin() {
      const world = createWorld(stage.sql, { to });
      const endings = new Map<string, Ending>();
      run = { world, endings };
      await scenario.setUp({
        world,
        free: (webhook) => invocation(free(webhook), webhook, world),
      });
      return await stage.controller.start(actors.map(([webhook, act]) => async (actor: Actor) => {
        const self = invocation(actor.callAs(webhook), webhook, world);
        try {
          endings.set(webhook, await act(self, world));
        } catch (error) {
          world.violations.push({ kind: "error", detail: `${webhook}: ${error}` });
        }
      }));
    },
    async end(trace) {
      const { world, endings } = run;
      try {
        await finish(endings, (webhook) => invocation(free(webhook), webhook, world), { stage, world });
      } catch (error) {
        world.violations.push({ kind: "error", detail: `at the end: ${error}` });
      }
      world.violations.push(...await verdict(stage.sql, world));
      if (world.violations.length === 0) return true;
      failure = {
        trace: trace.map(({ actor, label }) => `${actors[actor - 1]?.[0]}: ${label}`),
        violations: world.violations,
      };
      return false;
    },
  });
  return { scenario: scenario.name, ...explored, failure };
}
