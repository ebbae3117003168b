import type { StackEvent } from "stack/events/stack_events.ts";
import type { ChaosStack } from "./chaos_stack.ts";

export interface LineCounts {
  of(event: string): number;
}

/** How often these events are logged from now on. A settled send is counted by what was found, too. */
export function countLines(chaos: ChaosStack, wanted: string[]): LineCounts {
  const counts = new Map(wanted.map((what) => [what, 0]));
  const count = (what: string) => {
    const before = counts.get(what);
    if (before !== undefined) counts.set(what, before + 1);
  };
  chaos.follow((line: StackEvent) => {
    count(line.event);
    if (line.event === "send.settled") count(`send.settled found=${line.found}`);
  });
  return { of: (what) => counts.get(what) ?? 0 };
}
