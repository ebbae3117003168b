import { textField } from "stack/events/stack_events.ts";
import type { ChaosStack } from "./chaos_stack.ts";

export interface Trouble {
  /** Lines of PostgreSQL's own log. */
  deadlocks: string[];
  /** What the functions and the Data API report as an error. */
  errors: string[];
}

const keptErrors = 1_000;

export function watchTrouble(chaos: ChaosStack): Trouble {
  const trouble: Trouble = { deadlocks: [], errors: [] };
  chaos.follow((line) => {
    if (line.part === "postgres") {
      const text = textField(line, "text") ?? "";
      if (/deadlock detected|40P01/.test(text)) trouble.deadlocks.push(text);
    }
    if (line.level === "error" && trouble.errors.length < keptErrors) {
      trouble.errors.push(JSON.stringify(line));
    }
  });
  return trouble;
}
