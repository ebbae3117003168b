import { type CellResult, runCell } from "./cell.ts";
import type { EchoStack } from "../fixtures/echo_stack.ts";
import type { CellPlan } from "./points.ts";
import { createProcessPool } from "./process_pool.ts";

export interface RunOptions {
  /** Cells at the same time, each with a customer and a process of its own: as many as there are cores unless told. */
  concurrency?: number;
  onResult?: (result: CellResult) => void;
}

/** Runs the cells. Those of the sweep come last and one at a time: a faulty sweep works on everybody's sessions. */
export async function runCells(
  cells: readonly CellPlan[],
  matrix: EchoStack,
  { concurrency = navigator.hardwareConcurrency, onResult = () => {} }: RunOptions = {},
): Promise<CellResult[]> {
  await using pool = createProcessPool(matrix);
  const results: CellResult[] = [];
  const isSweep = ({ situation }: CellPlan) => situation === "sweep";
  for (const alone of [false, true]) {
    const left = cells.filter((cell) => isSweep(cell) === alone);
    const work = async () => {
      for (let plan = left.shift(); plan; plan = left.shift()) {
        const result = await runCell(plan, matrix, pool);
        results.push(result);
        onResult(result);
      }
    };
    await Promise.all(Array.from({ length: alone ? 1 : concurrency }, work));
  }
  return results;
}
