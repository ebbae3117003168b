import { goRound, type Invocation } from "./protocol.ts";
import type { Ending } from "./scenario.ts";
import type { PausedDatabase } from "./paused_database.ts";
import { lostWakeUp } from "./violations.ts";
import type { World } from "./world.ts";

/** Leads everybody's work to its end; then time passes and the sweep comes, until there is nothing for it. */
export async function finish(
  endings: ReadonlyMap<string, Ending>,
  invoked: (webhook: string) => Invocation,
  { database: { sql }, world }: { database: PausedDatabase; world: World },
): Promise<void> {
  // Who still has to take the lease comes first: for them it is the hardest.
  const outcomes: string[] = [];
  for (const [webhook, { then }] of endings) {
    if (then !== "respond") continue;
    const responder = invoked(webhook);
    if (await responder.acquire()) outcomes.push(await goRound(responder, world));
  }
  for (const [webhook, ending] of endings) {
    if (ending.then === "go round") outcomes.push(await goRound(invoked(webhook), world, ending.send));
    if (ending.then === "leave it to the sweep") outcomes.push("left");
  }
  // Who shuts down, or finds an earlier send inside its grace, leaves the rest to the sweep.
  if (!outcomes.includes("left") && !outcomes.includes("blocked")) {
    world.violations.push(...await lostWakeUp(sql, world));
  }

  for (let tick = 1; tick <= 4; tick++) {
    await sql`select test_watch.pass(${world.session}, '1 minute')`;
    const sweep = invoked(`sweep ${tick}`);
    if (await sweep.isStalled() && await sweep.acquire()) await goRound(sweep, world);
  }
}
