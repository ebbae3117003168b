import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CellResult } from "./cell.ts";
import { type MatrixStack, startMatrixStack } from "./matrix_stack.ts";
import { allCells, cellOf, type CellPlan, points } from "./points.ts";
import { runCells } from "./run_cells.ts";

// A part of the matrix that meets every point once; `deno task matrix` runs all of it.
const lost = [
  ...[
    "complete_batch",
    "extend_batch_lock",
    "begin_send",
    "known_message_sids",
    "fail_batch",
    "hand_back_batch",
  ],
  ...["record_delivery_status", "finish_sweep"],
].map((call) => cellOf(`${call}.after`, "lost"));
const killed = [
  ...[
    "ingest_inbound_message.after",
    "claim_batch.after",
    "complete_batch.after",
    "twilio.create_message.before",
  ],
  ...["twilio.create_message.after", "record_send.after"],
].map((point) => cellOf(point, "kill"));
const cells: CellPlan[] = [...lost, ...killed];

let matrix: MatrixStack;
let results: CellResult[];

before(async () => {
  matrix = await startMatrixStack();
  results = await runCells(cells, matrix, { concurrency: cells.length, starting: 4 });
});
after(() => matrix[Symbol.asyncDispose]());

for (const { point, fault } of cells) {
  test(`${fault} at ${point}: nothing is lost, nothing is answered twice`, () => {
    const result = results.find(({ plan }) => plan.point === point && plan.fault === fault);
    assert(result);
    const { acknowledged, lost, twice, problems } = result.verdict;
    assert.deepEqual({ lost, twice, problems }, { lost: 0, twice: 0, problems: [] });
    assert(acknowledged >= 3);
  });
}

test("the matrix lists every fault point that is met, and no other", () => {
  const met = [...new Set(results.flatMap(({ met }) => met))];
  assert.deepEqual(met.sort(), [...points].sort());
});

test("the matrix has a cell for every point with every fault that can happen there", () => {
  const faultsAt = (point: string) =>
    new Set(allCells().filter((cell) => cell.point === point).map(({ fault }) => fault)).size;
  for (const point of points) assert.equal(faultsAt(point), point.endsWith(".after") ? 5 : 4, point);
});
