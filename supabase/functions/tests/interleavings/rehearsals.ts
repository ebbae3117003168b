import assert from "node:assert/strict";
import { type Rehearsal, rehearse } from "./rehearse.ts";
import type { Scenario } from "./scenario.ts";
import { createPausedDatabase } from "./paused_database.ts";

const lanes = 2;

/** Rehearses all of them, two at a time, each lane in a database of its own. */
export async function rehearseAll(
  scenarios: readonly Scenario[],
  { mutant, wanted = [] }: { mutant?: string; wanted?: readonly string[] } = {},
): Promise<Rehearsal[]> {
  const left = [...scenarios];
  const done: Rehearsal[] = [];
  await Promise.all(Array.from({ length: Math.min(lanes, scenarios.length) }, async () => {
    await using database = await createPausedDatabase(mutant === undefined ? {} : { mutant });
    for (let scenario = left.shift(); scenario; scenario = left.shift()) {
      done.push(await rehearse(scenario, database, { wanted }));
    }
  }));
  return done;
}

/** The scenarios of these names, in this order. */
export function named(all: readonly Scenario[], names: readonly string[]): Scenario[] {
  return names.map((name) => {
    const scenario = all.find((each) => each.name === name);
    assert.ok(scenario, `There is no scenario "${name}".`);
    return scenario;
  });
}
