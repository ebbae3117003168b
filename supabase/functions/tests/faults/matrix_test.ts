import assert from "node:assert/strict";
import type { CellResult } from "./cell.ts";
import { type EchoStack, startEchoStack } from "../fixtures/echo_stack.ts";
import { allCells, cellOf, type CellPlan, points } from "./points.ts";
import { runCells } from "./run_cells.ts";

// A part of the matrix that meets every point once; `deno task matrix` runs all of it.
const lost = [
  "complete_batch",
  "extend_batch_lock",
  "begin_send",
  "known_message_sids",
  "fail_batch",
  "hand_back_batch",
  "record_delivery_status",
  "finish_sweep",
].map((call) => cellOf(`${call}.after`, "lost"));
const killed = [
  "ingest_inbound_message.after",
  "claim_batch.after",
  "model.reply.before",
  "complete_batch.after",
  "twilio.create_message.before",
  "twilio.create_message.after",
  "record_send.after",
].map((point) => cellOf(point, "kill"));
const cells = [...lost, ...killed];

let matrix: EchoStack;
let all: Promise<CellResult[]>;
const results = new Map<CellPlan, PromiseWithResolvers<CellResult>>(
  cells.map((plan) => [plan, Promise.withResolvers<CellResult>()]),
);

Deno.test.beforeAll(async () => {
  matrix = await startEchoStack();
  all = runCells(cells, matrix, { onResult: (result) => results.get(result.plan)?.resolve(result) });
  // One that throws is told by every test that waits for a result.
  all.catch((error) => results.forEach(({ reject }) => reject(error)));
  results.forEach(({ promise }) => promise.catch(() => {}));
});
Deno.test.afterAll(async () => await matrix[Symbol.asyncDispose]());

for (const [plan, { promise }] of results) {
  Deno.test(`${plan.fault} at ${plan.point}: nothing is lost, nothing is answered twice`, async () => {
    const { acknowledged, lost, twice, problems } = (await promise).verdict;
    assert.deepEqual({ lost, twice, problems }, { lost: 0, twice: 0, problems: [] });
    assert(acknowledged >= 3);
  });
}

Deno.test("the matrix lists every fault point that is met, and no other", async () => {
  const met = [...new Set((await all).flatMap(({ met }) => met))];
  assert.deepEqual(met.sort(), [...points].sort());
});

Deno.test("the matrix has a cell for every point with every fault that can happen there", () => {
  const faultsAt = (point: string) =>
    new Set(allCells().filter((cell) => cell.point === point).map(({ fault }) => fault)).size;
  for (const point of points) assert.equal(faultsAt(point), point.endsWith(".after") ? 5 : 4, point);
});
