import type { CellResult } from "./cell.ts";
import { faults } from "./fault_plan.ts";
import { startEchoStack } from "../fixtures/echo_stack.ts";
import { allCells, points } from "./points.ts";
import { runCells } from "./run_cells.ts";

// Every fault point with every fault, in about three minutes: `deno task matrix [part of a point's name]`. Prints a table of
// cells and their totals; ends with 1 when a message was lost or answered twice.

const [wanted = ""] = Deno.args;
const cells = allCells().filter(({ point }) => point.includes(wanted));
await using matrix = await startEchoStack();
const startedAt = performance.now();
let done = 0;
const results = await runCells(cells, matrix, {
  onResult: (result) => {
    const { plan, verdict: { lost, twice, problems } } = result;
    const name = `${plan.point} × ${plan.fault}`;
    if (lost + twice + problems.length > 0) console.log(`FAILED ${name}: ${describe(result)}`);
    if (++done % 20 === 0) console.log(`${done} of ${cells.length} cells`);
  },
});

console.log(`\n${"fault point".padEnd(34)}${faults.map((fault) => fault.padEnd(14)).join("")}`);
for (const point of points.filter((point) => point.includes(wanted))) {
  const columns = faults.map((fault) =>
    results.filter(({ plan }) => plan.point === point && plan.fault === fault).map(mark).join(", ").padEnd(14)
  );
  console.log(point.padEnd(34) + columns.join(""));
}
const total = (of: (result: CellResult) => number) => results.reduce((sum, result) => sum + of(result), 0);
const met = new Set(results.flatMap((result) => result.met));
const unlisted = [...met].filter((point) => !points.includes(point));
const broken = total(({ verdict }) => verdict.problems.length) + unlisted.length;
const summary = {
  cells: results.length,
  messages: total(({ verdict }) => verdict.acknowledged),
  lost: total(({ verdict }) => verdict.lost),
  twice: total(({ verdict }) => verdict.twice),
  "sends settled": total(({ verdict }) => verdict.settled),
  "other problems": broken,
  seconds: Math.round((performance.now() - startedAt) / 1000),
};
console.log(`\n${Object.entries(summary).map(([what, count]) => `${count} ${what}`).join(", ")}`);
if (unlisted.length > 0) console.log(`Met, but not listed: ${unlisted.join(", ")}`);
if (summary.lost + summary.twice + broken > 0) Deno.exitCode = 1;

function mark(result: CellResult): string {
  const { lost, twice, problems } = result.verdict;
  if (lost > 0) return "LOST";
  if (twice > 0) return "TWICE";
  if (problems.length > 0) return "WRONG";
  return `ok ${(result.settledMs / 1000).toFixed(0)}s`;
}

function describe({ verdict: { lost, twice, problems } }: CellResult): string {
  return [...(lost ? [`${lost} lost`] : []), ...(twice ? [`${twice} twice`] : []), ...problems].join("; ");
}
