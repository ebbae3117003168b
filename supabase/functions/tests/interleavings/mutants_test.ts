import assert from "node:assert/strict";
import { named, rehearseAll } from "./rehearsals.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

/** What breaks when one rule of the protocol is left out, and in which plays it shows. */
const mutants = [
  {
    mutant: "fence_dropped",
    shows: ["stale write"],
    plays: ["complete, steal", "claim, steal", "release, steal"],
  },
  { mutant: "release_in_one_update", shows: ["lost wake-up"], plays: ["ingest, release"] },
  {
    mutant: "ingest_inserts_before_it_locks",
    shows: ["unlocked write", "out of order"],
    plays: ["ingest, ingest, acquire, claim"],
  },
  { mutant: "conversation_before_session", shows: ["deadlock"], plays: ["ingest, complete, release"] },
  { mutant: "stale_clock_in_acquire", shows: ["refused"], plays: ["extend, steal, time"] },
  {
    mutant: "only_pending_rows_count",
    shows: ["lost wake-up", "not answered"],
    plays: ["a crash after the claim, two thieves"],
  },
  {
    mutant: "release_does_not_look",
    shows: ["lost wake-up"],
    plays: ["ingest, record the last send, release", "ingest, complete, release"],
  },
  { mutant: "a_send_is_anybodys_own", shows: ["posted twice"], plays: ["claim a send again, steal"] },
  { mutant: "extend_revives_an_expired_lease", shows: ["stale write"], plays: ["extend, steal"] },
];

for (const { mutant, shows, plays } of mutants) {
  Deno.test(`the mutant ${mutant} is caught: ${shows.join(", ")}`, async () => {
    const sql = await Deno.readTextFile(new URL(`mutants/${mutant}.sql`, import.meta.url));
    // Where a mutant locks is for its statements to show.
    const closely = named(scenarios, plays).map((play): Scenario => ({ ...play, grain: "statements" }));
    const rehearsals = await rehearseAll(closely, { mutant: sql, wanted: shows });
    for (const { scenario, broken, schedules } of rehearsals) {
      console.log(`${schedules} orders of ${scenario}: ${broken.map(({ kind }) => kind).join(", ")}`);
      for (const kind of shows) {
        assert.ok(broken.some((rule) => rule.kind === kind), `${scenario}: no ${kind}`);
      }
    }
  });
}

Deno.test("every mutant has its test", async () => {
  const files = await Array.fromAsync(Deno.readDir(new URL("mutants/", import.meta.url)), ({ name }) => name);
  assert.deepEqual(files.sort(), mutants.map(({ mutant }) => `${mutant}.sql`).sort());
});
