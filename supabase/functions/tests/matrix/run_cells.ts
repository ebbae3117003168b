import { type CellResult, runCell } from "./cell.ts";
import type { MatrixStack } from "./matrix_stack.ts";
import type { CellPlan } from "./points.ts";
import { createProcessPool } from "./process_pool.ts";

export interface RunOptions {
  /** Cells at the same time, each with a customer and a process of its own: as many as there are cores unless told. */
  concurrency?: number;
  /** Of the first customer. */
  firstNumber?: number;
  onResult?: (result: CellResult) => void;
}

/** Runs the cells. Those of the sweep come last and one at a time: a faulty sweep works on everybody's sessions. */
export async function runCells(
  cells: readonly CellPlan[],
  matrix: MatrixStack,
  { concurrency = navigator.hardwareConcurrency, firstNumber = 1, onResult = () => {} }: RunOptions = {},
): Promise<CellResult[]> {
  await using pool = createProcessPool(matrix);
  const results: CellResult[] = [];
  let number = firstNumber;
  const isSweep = ({ scenario }: CellPlan) => scenario === "sweep";
  for (const alone of [false, true]) {
    const left = cells.filter((cell) => isSweep(cell) === alone);
    const work = async () => {
      for (let plan = left.shift(); plan; plan = left.shift()) {
        const result = await runCell(plan, number++, matrix, pool);
        results.push(result);
        onResult(result);
      }
    };
    await Promise.all(Array.from({ length: alone ? 1 : concurrency }, work));
  }
  return results;
}
