import assert from "node:assert/strict";
import { adviceOf, remedies } from "./sweep_reasons.ts";

const sweepFolder = new URL("../../supabase/schemas/85_sweep/", import.meta.url);

Deno.test("every reason that the database may name has what to do about it, and no other has", async () => {
  const named = new Set<string>();
  for await (const { name } of Deno.readDir(sweepFolder)) {
    if (!/^(explain|find)_/.test(name)) continue;
    const text = await Deno.readTextFile(new URL(name, sweepFolder));
    for (const [, reason = ""] of text.matchAll(/return query select '(\w+)'/g)) named.add(reason);
  }
  assert.deepEqual([...named].sort(), Object.keys(remedies).sort());
});

Deno.test("a reason is one line: what was found, and what to do", () => {
  assert.deepEqual(adviceOf([{ reason: "schedule_off", detail: "There is no job." }]), [
    "schedule_off       There is no job. → select public.schedule_sweep();",
  ]);
  assert.deepEqual(adviceOf([{ reason: "of_a_later_version", detail: null }]), ["of_a_later_version  "]);
  assert.deepEqual(adviceOf([]), []);
});
