import { type CellResult, runCell, type Turnstile } from "./cell.ts";
import type { MatrixStack } from "./matrix_stack.ts";
import type { CellPlan } from "./points.ts";

export interface RunOptions {
  /** Cells at the same time, each with a customer of its own. */
  concurrency: number;
  /** Processes that start at the same time. */
  starting?: number;
  /** Of the first customer. */
  firstNumber?: number;
  onResult?: (result: CellResult) => void;
}

/** Runs the cells, those of one grace after those of another, in the order given otherwise. */
export async function runCells(
  cells: CellPlan[],
  matrix: MatrixStack,
  { concurrency, starting = 2, firstNumber = 1, onResult = () => {} }: RunOptions,
): Promise<CellResult[]> {
  const turnstile = createTurnstile(starting);
  const results: CellResult[] = [];
  let number = firstNumber;
  const graces = [...new Set(cells.map(({ graceSeconds }) => graceSeconds))].sort((a, b) => a - b);
  for (const grace of graces) {
    await matrix.setGrace(grace);
    const left = cells.filter(({ graceSeconds }) => graceSeconds === grace);
    const work = async () => {
      for (let plan = left.shift(); plan; plan = left.shift()) {
        const result = await runCell(plan, number++, matrix, turnstile);
        results.push(result);
        onResult(result);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  }
  return results;
}

function createTurnstile(places: number): Turnstile {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
